import { readFile } from 'node:fs/promises'
import { ExitCode, errorCode, UserError } from '../errors.ts'
import type { Step } from './files.ts'
import { sealSuffix } from './names.ts'

/** How files of a backup are written: encrypted for somebody, or as they are. */
export interface Seal {
  recipient: string | null
  /** What names of objects end with. */
  suffix: string
  steps: readonly Step[]
  /** Size of a file on the disk that holds so many bytes. */
  storedBytes(bytes: number): number
}

const OPEN: Seal = { recipient: null, suffix: '', steps: [], storedBytes: (bytes) => bytes }

/** `recipient`: public key of age (https://age-encryption.org); null: nothing is encrypted. */
export async function openSeal(recipient: string | null): Promise<Seal> {
  if (recipient === null) return OPEN
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  try {
    encrypter.addRecipient(recipient)
  } catch (cause) {
    throw new UserError(`BACKUP_RECIPIENT is "${recipient}", which is no public key of age`, {
      code: 'not_configured',
      exitCode: ExitCode.notConfigured,
      fix: 'Copy the whole line that age-keygen prints after "Public key:".',
      cause,
    })
  }
  const { size } = await encrypter.encrypt(new ReadableStream())
  return {
    recipient,
    suffix: sealSuffix(recipient),
    steps: [
      async function* (source) {
        yield* await encrypter.encrypt(ReadableStream.from(source))
      },
    ],
    storedBytes: size,
  }
}

/** Secret keys out of a file as age-keygen writes it. */
export async function readIdentities(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new UserError(`The identity file ${path} cannot be read (${errorCode(cause) ?? 'unknown error'})`, {
      code: 'identity_unreadable',
      fix: 'Name the file that age-keygen wrote with --identity.',
      cause,
    })
  })
  const keys = text.split(/\s+/).filter((word) => /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]+$/.test(word))
  if (keys.length > 0) return keys
  throw new UserError(`The file ${path} holds no secret key of age`, {
    code: 'identity_unreadable',
    fix: 'Name the file that age-keygen wrote: it has a line that begins with AGE-SECRET-KEY-1.',
  })
}

/** Reads what was written for `recipient`, with the secret keys that there are. */
export async function openUnseal(recipient: string | null, identities: readonly string[]): Promise<readonly Step[]> {
  if (recipient === null) return []
  const { Decrypter, identityToRecipient } = await import('age-encryption')
  const decrypter = new Decrypter()
  const known = await Promise.all(identities.map((identity) => identityToRecipient(identity).catch(() => '')))
  if (!known.includes(recipient)) throw wrongIdentity(recipient, identities)
  for (const [index, identity] of identities.entries()) {
    if (known[index] === recipient) decrypter.addIdentity(identity)
  }
  return [
    async function* (source) {
      try {
        yield* await decrypter.decrypt(ReadableStream.from(source))
      } catch (error) {
        throw errorCode(error) === undefined ? notDecrypted(error) : error
      }
    },
  ]
}

function notDecrypted(cause: unknown): UserError {
  return new UserError('A file of the backup cannot be decrypted: it is damaged', {
    code: 'backup_damaged',
    fix: 'Use another backup: `storyline verify-backups --all` says which are good.',
    cause,
  })
}

function wrongIdentity(recipient: string, identities: readonly string[]): UserError {
  const given = identities.length === 0 ? 'no identity was given' : 'the identity that was given is another one'
  return new UserError(`The backup is encrypted for ${recipient}, and ${given}`, {
    code: 'identity_missing',
    fix: 'Name the file with the secret key that belongs to it: --identity <file>.',
  })
}
