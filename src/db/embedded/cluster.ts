import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { UserError } from '../../errors.ts'
import type { Binaries } from './binaries.ts'
import { LOCAL_CONF, POSTGRESQL_CONF } from './conf.ts'
import { chownTree, diskFull, isDiskFull, readFreeBytes, statIfThere, syncFolder, writeAtomic } from './files.ts'
import type { SettledPlace } from './location.ts'
import { type Account, run } from './run.ts'
import type { Connection } from './url.ts'

/** Space a new cluster needs before it is begun, in bytes: 39 MB at birth, the second WAL segment and the first migrations. */
const NEW_CLUSTER_BYTES = 100 * 1024 ** 2

/** Name of the database, and of the one role: it owns the cluster, whose files belong to the same person anyway. */
const NAME = 'storyline'

const DRAFT_PREFIX = 'init-'

/** The major version of the cluster, such as 17; `undefined` when there is no data folder yet. */
export async function readMajor(dataFolder: string): Promise<number | undefined> {
  if (!(await statIfThere(dataFolder))) return undefined
  if (await statIfThere(`${dataFolder}/PG_VERSION`)) {
    return Number.parseInt(await readFile(`${dataFolder}/PG_VERSION`, 'utf8'), 10)
  }
  if ((await readdir(dataFolder)).length === 0) return undefined
  throw new UserError(`${dataFolder} is not empty but holds no PostgreSQL cluster (PG_VERSION is missing)`, {
    code: 'embedded_data_damaged',
    fix: 'restore it from a backup of the folder, or move it away to start with an empty database; Storyline does not touch it',
  })
}

/**
 * Creates the cluster with its database in a folder of its own and puts it in place with one rename: a crash leaves either a whole
 * cluster or a draft, which the next attempt removes.
 */
export async function createCluster(place: SettledPlace, binaries: Binaries, port: number): Promise<void> {
  if ((await readFreeBytes(place.folder)) < NEW_CLUSTER_BYTES) throw diskFull(place.folder)
  await removeDrafts(place.folder)
  const draft = await mkdtemp(`${place.folder}/${DRAFT_PREFIX}`)
  try {
    if (place.account) await chownTree(draft, place.account)
    const password = await runInitdb(draft, binaries, place.account)
    await writeConf(`${draft}/data`, place.account)
    await runSingleUser({ ...place, dataFolder: `${draft}/data` }, binaries, {
      database: 'postgres',
      sql: `create database ${NAME} owner ${NAME}`,
    })
    await rename(`${draft}/data`, place.dataFolder)
    await syncFolder(place.folder)
    await writeConnection(place, { password, port })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Left behind by a killed command, whose initdb may even still be running: what it writes then is removed next time. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(DRAFT_PREFIX)) await rm(`${folder}/${name}`, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function runInitdb(draft: string, binaries: Binaries, account: Account | undefined): Promise<string> {
  const password = newPassword()
  const passwordFile = `${draft}/password`
  await writeAtomic(passwordFile, `${password}\n`, { mode: 0o600, owner: account })
  // C.UTF-8 of the builtin provider sorts by code point and knows upper and lower case, the same on every system.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = [`--username=${NAME}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const args = ['-D', `${draft}/data`, ...access, ...locale, '--data-checksums', '--no-instructions']
  const { ok, output } = await run(binaries.initdb, args, { account })
  await rm(passwordFile)
  if (!ok) throw await clusterFailed('PostgreSQL could not create its data folder', draft, output)
  return password
}

/** Written at every start, so that a new Storyline brings its settings to an old cluster. */
export async function writeConf(dataFolder: string, owner: Account | undefined): Promise<void> {
  const file = `${dataFolder}/postgresql.conf`
  const current = await readFile(file, 'utf8').catch(() => undefined)
  if (current !== POSTGRESQL_CONF) await writeAtomic(file, POSTGRESQL_CONF, { mode: 0o600, owner })
  if (await statIfThere(`${dataFolder}/local.conf`)) return
  await writeAtomic(`${dataFolder}/local.conf`, LOCAL_CONF, { mode: 0o600, owner })
}

/** Sets a new password when the recorded one is lost or wrong. The server must be down; whoever may do this owns the data anyway. */
export async function renewPassword(place: SettledPlace, binaries: Binaries, port: number): Promise<void> {
  const password = newPassword()
  await runSingleUser(place, binaries, { database: NAME, sql: `alter role ${NAME} password '${password}'` })
  await writeConnection(place, { password, port })
}

/** Records how to connect, for everybody who may read the file: the server's user and root. */
export async function writeConnection(
  place: SettledPlace,
  { password, port }: Pick<Connection, 'password' | 'port'>,
): Promise<void> {
  const connection: Connection = { host: '127.0.0.1', port, user: NAME, password, database: NAME }
  await writeAtomic(place.connectionFile, `${JSON.stringify(connection, null, 2)}\n`, {
    mode: 0o600,
    owner: place.account,
  })
}

/** Takes a data folder back that somebody copied or restored: it must be the server's user's, and nobody else's to read. */
export async function adoptData({ dataFolder, folder, account }: SettledPlace): Promise<void> {
  const { uid, mode } = await stat(dataFolder)
  if (account && uid === 0) await chownTree(folder, account)
  if (mode & 0o077) await chmod(dataFolder, 0o700)
}

/** A backend without a server: the statement goes in by stdin, where `ps` does not see it. */
async function runSingleUser(
  { dataFolder, account }: Pick<SettledPlace, 'dataFolder' | 'account'>,
  binaries: Binaries,
  { database, sql }: { database: string; sql: string },
): Promise<void> {
  const settings = ['-c', 'exit_on_error=on', '-c', 'logging_collector=off']
  const args = ['--single', '-D', dataFolder, ...settings, database]
  const { ok, output } = await run(binaries.postgres, args, { account, input: `${sql}\n` })
  if (!ok) throw await clusterFailed('PostgreSQL could not prepare its database', dataFolder, output)
}

function newPassword(): string {
  return randomBytes(24).toString('base64url')
}

async function clusterFailed(what: string, folder: string, output: string): Promise<UserError> {
  const lines = output.trim().split('\n').slice(-5).join('\n')
  if (await isDiskFull(folder)) return diskFull(folder, new Error(lines))
  return new UserError(`${what} in ${folder}:\n${lines}`, {
    code: 'embedded_init_failed',
    fix: 'correct what PostgreSQL says above and run the command again, or set DATABASE_URL to use another server',
  })
}
