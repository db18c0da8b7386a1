import { readFile } from 'node:fs/promises'
import { UserError } from '../../errors.ts'
import type { Ownership } from './files.ts'
import { type Account, run } from './run.ts'

/** Who runs the server when root starts it and the home belongs to root: the first of these that exists. */
const SERVICE_ACCOUNTS = ['storyline', 'postgres', 'nobody']

/** Whether we are root and must become somebody else. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The user a server started by root runs as: the owner of the data, else the owner of the home, else a service account. It needs a
 * passwd entry (initdb asks for its name). `undefined`: we are not root and the server runs as ourselves.
 */
export async function chooseAccount(owners: {
  data: Ownership | undefined
  home: number
}): Promise<Account | undefined> {
  if (!isRoot()) return undefined
  const { data, home } = owners
  if (data && data.uid !== 0) return { uid: data.uid, gid: data.gid, name: await readUserName(data.uid) }
  const accounts = await readAccounts()
  const account =
    (await findAccount(accounts, home)) ??
    SERVICE_ACCOUNTS.map((name) => accounts.find((candidate) => candidate.name === name)).find(Boolean)
  if (account) return account
  throw new UserError('PostgreSQL refuses to run as root, and this system has no other user for it', {
    code: 'embedded_no_account',
    fix: 'create one (useradd --system storyline), or set DATABASE_URL to use a PostgreSQL server of your own',
  })
}

/** The name of a user for messages; the number when the system does not know it. */
export async function readUserName(uid: number): Promise<string> {
  if (uid === 0) return 'root'
  return (await findAccount(await readAccounts(), uid))?.name ?? `user ${uid}`
}

async function findAccount(accounts: Account[], uid: number): Promise<Account | undefined> {
  if (uid === 0) return undefined
  return accounts.find((account) => account.uid === uid) ?? (await askForAccount(uid))
}

/** Users from a directory service (LDAP, macOS) are not in /etc/passwd. */
async function askForAccount(uid: number): Promise<Account | undefined> {
  const name = await run('id', ['-un', String(uid)])
  const gid = await run('id', ['-g', String(uid)])
  if (!name.ok || !gid.ok || /^\d*$/.test(name.output.trim())) return undefined
  return { uid, gid: Number(gid.output), name: name.output.trim() }
}

async function readAccounts(): Promise<Account[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return parsePasswd(text)
}

/** Reads passwd(5); root is left out, and so is macOS's `nobody` with its id of -2, which no other call accepts. */
export function parsePasswd(text: string): Account[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ name, uid, gid }) => name !== '' && !name.startsWith('#') && uid > 0 && gid >= 0)
}
