import { UserError } from '../../errors.ts'
import { packageName, readPackageMajor } from './binaries.ts'
import { readMajor } from './cluster.ts'
import { findForeignOwner, findPlace } from './location.ts'

export type UpgradeAdvice =
  | { kind: 'nothing_to_do'; major: number | undefined }
  /** The way from one major to the other, one step per line. */
  | { kind: 'by_hand'; from: number; to: number; steps: string[] }

/**
 * How to take the data to the major version that ships now. It cannot be done from here: only the old programs can read the old
 * files, and an installation has the programs of one major.
 */
export async function adviseUpgrade({ home }: { home: string }): Promise<UpgradeAdvice> {
  const place = await findPlace(home)
  const owner = await findForeignOwner(place)
  if (owner !== undefined) {
    throw new UserError(`the embedded database in ${place.folder} belongs to ${owner}`, {
      code: 'embedded_foreign',
      fix: `run the command as ${owner} or root`,
    })
  }
  const from = await readMajor(place.dataFolder)
  const to = await readPackageMajor()
  if (from === undefined || from === to) return { kind: 'nothing_to_do', major: from }
  return { kind: 'by_hand', from, to, steps: describeSteps(place.dataFolder, from) }
}

function describeSteps(dataFolder: string, from: number): string[] {
  return [
    `Only PostgreSQL ${from} can read ${dataFolder}. It is in ${packageName()} version ${from}.x, which the Storyline you used before installs.`,
    'With that earlier Storyline (git checkout of its version, then npm ci): storyline backup, then storyline db stop',
    `Keep the old data aside: mv '${dataFolder}' '${dataFolder}.${from}', and delete connection.json beside it`,
    'With this Storyline (npm ci): storyline db start, then storyline restore with the backup',
    `When everything is there: delete '${dataFolder}.${from}'`,
  ]
}
