export const DAY_MS = 86_400_000

/** `2019-09-26T22:36:43+0000`, as Meta writes it. */
export const metaTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+0000')
