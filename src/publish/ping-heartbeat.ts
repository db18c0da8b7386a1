const TIMEOUT_SECONDS = 10

/** What a dead man's switch such as healthchecks.io is told: its URL, with these endings. */
export type Beat = 'start' | 'success' | 'fail'
const ENDING: Readonly<Record<Beat, string>> = { start: '/start', success: '', fail: '/fail' }

/** Answers what went wrong, without the URL, which is a secret; null: it was heard. Never throws: the tick matters more. */
export async function pingHeartbeat(url: string, beat: Beat): Promise<string | null> {
  try {
    const target = `${url.replace(/\/+$/, '')}${ENDING[beat]}`
    const response = await fetch(target, { signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000) })
    await response.body?.cancel()
    return response.ok ? null : `it answered with ${response.status}`
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'it does not answer' : 'it cannot be reached'
  }
}
