import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyIdOf, NONCE_BYTES, openSecret, sealSecret } from '../../src/instagram/seal.ts'

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array))
const key = bytes(32)
const nonce = bytes(NONCE_BYTES)
const KEY = randomBytes(32)
const OTHER = randomBytes(32)
const NONCE = randomBytes(NONCE_BYTES)

describe('a sealed secret', () => {
  it('opens to what was sealed, whatever the text, under the same name and key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), key, nonce, (plain, name, secretKey, once) => {
        const row = sealSecret(plain, name, [secretKey], once)
        expect(openSecret(row, name, [secretKey])).toEqual({ kind: 'open', value: Buffer.from(plain).toString() })
      }),
    )
  })

  it('shows nothing of the text, and never looks the same with another nonce', () => {
    const first = sealSecret('EAAtoken', 'a', [KEY], NONCE)
    const second = sealSecret('EAAtoken', 'a', [KEY], randomBytes(NONCE_BYTES))
    expect(Buffer.from(first.sealed, 'base64').toString('latin1')).not.toContain('EAAtoken')
    expect(second.sealed).not.toBe(first.sealed)
  })

  it('is damaged when any bit of it is changed', () => {
    const { keyId, sealed } = sealSecret('EAAtoken', 'a', [KEY], NONCE)
    const whole = Buffer.from(sealed, 'base64')
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const changed = Buffer.from(whole)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      const row = { keyId, sealed: changed.toString('base64') }
      expect(openSecret(row, 'a', [KEY])).toEqual({ kind: 'damaged' })
    }
  })

  it.each(['', 'AAAA', 'not base64 at all!'])('is damaged when it is cut: %j', (sealed) => {
    expect(openSecret({ keyId: keyIdOf(KEY), sealed }, 'a', [KEY])).toEqual({ kind: 'damaged' })
  })

  it('is damaged under the name of another secret: rows cannot be exchanged', () => {
    const row = sealSecret('EAAtoken', 'instagram_user_token', [KEY], NONCE)
    expect(openSecret(row, 'instagram_token', [KEY])).toEqual({ kind: 'damaged' })
  })

  it('names the key that it needs when that is not there', () => {
    const row = sealSecret('EAAtoken', 'a', [KEY], NONCE)
    expect(openSecret(row, 'a', [OTHER])).toEqual({ kind: 'wrong_key', keyId: keyIdOf(KEY) })
    expect(openSecret(row, 'a', [])).toEqual({ kind: 'wrong_key', keyId: keyIdOf(KEY) })
  })

  it('is sealed by the first of several keys, and opened by any of them', () => {
    const old = sealSecret('old', 'a', [OTHER], NONCE)
    const fresh = sealSecret('new', 'a', [KEY, OTHER], NONCE)
    expect(fresh.keyId).toBe(keyIdOf(KEY))
    expect(openSecret(old, 'a', [KEY, OTHER])).toEqual({ kind: 'open', value: 'old' })
    expect(openSecret(fresh, 'a', [KEY])).toEqual({ kind: 'open', value: 'new' })
  })

  it('carries as key id the first 8 hex digits of the SHA-256 of the key', () => {
    // sha256sum of 32 zero bytes.
    expect(keyIdOf(Buffer.alloc(32))).toBe('66687aad')
  })
})
