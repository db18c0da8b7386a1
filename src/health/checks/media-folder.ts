import { access, constants, readdir } from 'node:fs/promises'
import { sql } from 'drizzle-orm'
import { errorCode } from '../../errors.ts'
import { type Bench, type Check, healthy, unhealthy, warning } from '../check.ts'
import { counted } from '../words.ts'

export interface FolderFacts {
  path: string
  /** Why it cannot be read (ENOENT, EACCES, …); null: it can. */
  trouble: string | null
  isEmpty: boolean
  /** Active items that should lie there, samples included; null: not known, there is no database. */
  items: number | null
}

const FIX = 'Mount its disk, correct MEDIA_BASE_PATH, or make it readable for the user that runs storyline.'

/** A folder that is gone or empty is an unmounted disk more often than a new start. */
export const mediaFolder: Check<FolderFacts> = {
  name: 'media-folder',
  title: 'Media folder',
  needs: 'settings',
  measure: async (bench) => {
    const { mediaBasePath: path } = bench.settings
    const found = await look(path)
    return { path, ...found, items: await countItems(bench) }
  },
  judge: ({ path, trouble, isEmpty, items }) => {
    if (trouble !== null) {
      const what = trouble === 'ENOENT' ? 'does not exist' : `cannot be read (${trouble})`
      return unhealthy(`${path} ${what}`, FIX)
    }
    if (isEmpty && items === null) return warning(`${path} is empty`, FIX)
    if (isEmpty && items !== 0)
      return unhealthy(`${path} is empty, but the library has ${counted(items ?? 0, 'picture')}`, FIX)
    if (isEmpty) return warning(`${path} is empty`, 'Put pictures into it, then run `storyline index-media`.')
    return healthy(path)
  },
}

async function look(path: string): Promise<Pick<FolderFacts, 'trouble' | 'isEmpty'>> {
  try {
    const names = await readdir(path)
    await access(path, constants.R_OK | constants.X_OK)
    // What a file system puts there by itself is no content.
    return { trouble: null, isEmpty: names.every((name) => name.startsWith('.') || name === 'lost+found') }
  } catch (error) {
    return { trouble: errorCode(error) ?? 'unknown error', isEmpty: false }
  }
}

async function countItems(bench: Bench): Promise<number | null> {
  if (bench.door.kind !== 'open') return null
  const [row] = await bench.db.execute<{ count: number }>(sql`
    select count(*)::int as count from media_items where is_active`)
  return row?.count ?? null
}
