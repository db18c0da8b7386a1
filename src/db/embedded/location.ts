import { createHash } from 'node:crypto'
import { realpath, rmdir, stat } from 'node:fs/promises'
import { errorCode, UserError } from '../../errors.ts'
import { chooseAccount, isRoot, readUserName } from './account.ts'
import { makeFolder, type Ownership, statIfThere, writeAtomic } from './files.ts'
import { type Account, run } from './run.ts'
import { readLocation } from './url.ts'

/** Where root keeps what the server's user cannot reach below the home. */
const SYSTEM_FOLDER = '/var/lib/storyline'

/** Where the parts of one embedded server are. */
export interface Place {
  home: string
  /** Holds `postgres/` and, when a copy was needed, `binaries/`: `<home>/.storyline` or `/var/lib/storyline/<id>`. */
  base: string
  /** `<base>/postgres`: data and connection file. */
  folder: string
  dataFolder: string
  connectionFile: string
  /** Always below the home. */
  lockFolder: string
  /** Who owns what root creates below the home. */
  homeOwner: Ownership | undefined
}

/** A place and the user its server runs as; `account` is undefined when that is ourselves. */
export interface SettledPlace extends Place {
  account: Account | undefined
}

/** Where things are as far as is written down; changes nothing. */
export async function findPlace(home: string): Promise<Place> {
  const owner = await statIfThere(home)
  if (!owner?.isDirectory()) {
    throw new UserError(`the home folder ${home} does not exist`, {
      code: 'home_missing',
      fix: 'create it, or correct STORYLINE_HOME',
    })
  }
  const real = await realpath(home)
  const homeOwner = isRoot() ? { uid: owner.uid, gid: owner.gid } : undefined
  return describePlace(real, { base: readLocation(real) ?? `${real}/.storyline`, homeOwner })
}

function describePlace(home: string, { base, homeOwner }: { base: string; homeOwner: Ownership | undefined }): Place {
  const folder = `${base}/postgres`
  return {
    home,
    base,
    folder,
    dataFolder: `${folder}/data`,
    connectionFile: `${folder}/connection.json`,
    lockFolder: `${home}/.storyline/postgres.lock`,
    homeOwner,
  }
}

/** The folder `.storyline`, which holds the lock and therefore must exist first. */
export async function makeStateFolder(place: Place): Promise<void> {
  await makeFolder(`${place.home}/.storyline`, 0o755, place.homeOwner)
}

/** Decides who runs the server and where it lives, creates that folder and, for root, records a place outside the home. Call it under the lock. */
export async function settlePlace(place: Place, log: (line: string) => void): Promise<SettledPlace> {
  const data = await statIfThere(place.dataFolder)
  const account = await chooseAccount({ data, home: place.homeOwner?.uid ?? 0 })
  const isElsewhere = readLocation(place.home) !== undefined
  if (isElsewhere) await requireBase(place)
  await makeFolder(place.folder, 0o755, account)
  if (isElsewhere) return { ...place, account }
  if (account === undefined || (await canEnter(place.folder, account))) return { ...place, account }
  if (data) throw unreachableData(place, account)
  return { ...(await moveOut(place, { account, log })), account }
}

/** `.storyline/location` was written after its folder: a missing folder is a disk that is not mounted, not a fresh start. */
async function requireBase(place: Place): Promise<void> {
  if (await statIfThere(place.base)) return
  throw new UserError(`${place.home}/.storyline/location names ${place.base}, which does not exist`, {
    code: 'embedded_data_missing',
    fix: 'mount or restore that folder; or delete the file `location` to start with an empty database',
  })
}

async function moveOut(
  place: Place,
  { account, log }: { account: Account; log: (line: string) => void },
): Promise<Place> {
  const id = createHash('sha256').update(place.home).digest('hex').slice(0, 16)
  const base = `${SYSTEM_FOLDER}/${id}`
  await makeFolder('/var/lib', 0o755)
  await makeFolder(SYSTEM_FOLDER, 0o755)
  await makeFolder(base, 0o755)
  await makeFolder(`${base}/postgres`, 0o755, account)
  await rmdir(place.folder)
  await writeAtomic(`${place.home}/.storyline/location`, `${base}\n`, { mode: 0o644, owner: place.homeOwner })
  log(`${account.name}, who runs the database server for root, cannot reach ${place.home}: its data is in ${base}`)
  return describePlace(place.home, { base, homeOwner: place.homeOwner })
}

/** Asked of the system and not of the mode bits, because parents, access lists and mounts decide, too. */
async function canEnter(folder: string, account: Account): Promise<boolean> {
  const { ok } = await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { account })
  return ok
}

function unreachableData(place: Place, account: Account): UserError {
  return new UserError(`${account.name} owns ${place.dataFolder} but cannot reach it`, {
    code: 'embedded_not_permitted',
    fix: `allow it to pass the folders above (chmod o+x), as it was when the data was created`,
  })
}

/** Whose the data is, when it is somebody else's and we are not root. */
export async function findForeignOwner(place: Place): Promise<string | undefined> {
  if (isRoot()) return undefined
  const owner = await stat(place.dataFolder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    if (errorCode(error) === 'EACCES') return stat(place.base).catch(() => undefined)
    throw error
  })
  if (owner === undefined || owner.uid === process.getuid?.()) return undefined
  return readUserName(owner.uid)
}
