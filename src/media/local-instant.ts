const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2})?$/

/**
 * The instant of a wall-clock time in `timeZone`, from `2026-12-24` (its first moment) or `2026-12-24T18:30`; undefined when the text
 * is neither. A time that happens twice: the first. One that does not exist: the first valid instant.
 */
export async function parseLocalInstant(text: string, timeZone: string): Promise<Date | undefined> {
  if (!LOCAL_TIME.test(text)) return undefined
  const { Temporal } = await import('temporal-polyfill')
  try {
    if (text.length === 10) {
      return new Date(Temporal.PlainDate.from(text).toZonedDateTime(timeZone).epochMilliseconds)
    }
    const local = Temporal.PlainDateTime.from(text.replace(' ', 'T'), { overflow: 'reject' })
    const zoned = local.toZonedDateTime(timeZone)
    if (zoned.toPlainDateTime().equals(local)) return new Date(zoned.epochMilliseconds)
    const beforeGap = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
    return new Date((beforeGap.getTimeZoneTransition('next') ?? zoned).epochMilliseconds)
  } catch (error) {
    // 2026-02-30.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
