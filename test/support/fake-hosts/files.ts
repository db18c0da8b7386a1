import { createHash } from 'node:crypto'
import type { Answer, HostedRecord, Provider, World } from './types.ts'

const idOf = (provider: Provider, key: string) => `${provider}:${key}`

/** The file that is there now. */
export function findFile(world: World, provider: Provider, key: string): HostedRecord | undefined {
  const file = world.files.get(idOf(provider, key))
  return file?.deletedAtMs === null ? file : undefined
}

export function putFile(world: World, file: Pick<HostedRecord, 'provider' | 'key' | 'url' | 'bytes'>): HostedRecord {
  const id = idOf(file.provider, file.key)
  const uploads = (world.files.get(id)?.uploads ?? 0) + 1
  const sha256 = createHash('sha256').update(file.bytes).digest('hex')
  const record: HostedRecord = { ...file, sha256, uploadedAtMs: Date.now(), deletedAtMs: null, uploads }
  world.files.set(id, record)
  return record
}

/** False: it was not there. */
export function deleteFile(world: World, provider: Provider, key: string): boolean {
  const file = findFile(world, provider, key)
  if (file) file.deletedAtMs = Date.now()
  return file !== undefined
}

export function serve({ bytes, sha256 }: HostedRecord): Answer {
  return { status: 200, headers: { 'content-type': 'image/jpeg', etag: `"${sha256.slice(0, 32)}"` }, body: bytes }
}
