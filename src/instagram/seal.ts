import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

/** Secrets at rest: AES-256-GCM; the secret's name is authenticated too, so that rows cannot be exchanged. */

export interface SealedSecret {
  /** First 8 hex digits of the SHA-256 of the key. */
  keyId: string
  /** Nonce (12 bytes), tag (16 bytes) and ciphertext, base64. */
  sealed: string
}

export type OpenedSecret =
  | { kind: 'open'; value: string }
  /** None of the keys is the one that it was sealed with. */
  | { kind: 'wrong_key'; keyId: string }
  /** The key is there, the bytes or the name are not what was sealed. */
  | { kind: 'damaged' }

/** In bytes, as GCM wants it; it must never repeat under one key, so it is random. */
export const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}

/** `keys`: 32 bytes each, newest first; the first one seals. */
export function sealSecret(plain: string, name: string, keys: readonly Buffer[], nonce: Buffer): SealedSecret {
  const [key] = keys
  if (key === undefined) throw new Error('a secret cannot be sealed without a key')
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name))
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return {
    keyId: keyIdOf(key),
    sealed: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64'),
  }
}

/** Any of the keys may be the one. */
export function openSecret({ keyId, sealed }: SealedSecret, name: string, keys: readonly Buffer[]): OpenedSecret {
  const key = keys.find((candidate) => keyIdOf(candidate) === keyId)
  if (key === undefined) return { kind: 'wrong_key', keyId }
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return { kind: 'damaged' }
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(name)).setAuthTag(tag)
    const plain = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]
    return { kind: 'open', value: Buffer.concat(plain).toString('utf8') }
  } catch {
    // `final` throws for one reason only: the tag does not fit.
    return { kind: 'damaged' }
  }
}
