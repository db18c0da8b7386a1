const MAX_BYTES = 20 * 1024 * 1024

/** The bytes at a public address; null when they cannot be had, whatever the reason. */
export async function fetchPicture(
  url: string,
  { timeoutSeconds }: { timeoutSeconds: number },
): Promise<Buffer | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1000) })
    const size = Number(response.headers.get('content-length') ?? 0)
    if (!response.ok || size > MAX_BYTES) {
      await response.body?.cancel()
      return null
    }
    return await readWhole(response)
  } catch {
    return null
  }
}

async function readWhole({ body }: Response): Promise<Buffer | null> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    size += part.length
    if (size > MAX_BYTES) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}
