import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compare } from './measure.mjs'
import { inMs, inRatio } from './rows.mjs'

const PICTURES = 500
const CATEGORIES = ['memes', 'products', 'quotes', 'team', 'customers']

/** 500 pictures as new files, then again when nothing has changed. */
export async function benchIndex(bench) {
  const folder = join(bench.folder, 'pictures')
  const files = await makePictures(bench, folder)
  const db = await bench.addDatabase('bench_index')
  const index = bench.cli(['index-media'], { ...db.env, MEDIA_BASE_PATH: folder })
  const check = async () => {
    const [{ count }] = await db.sql`select count(*)::int from media_items where is_active and problem is null`
    if (count !== PICTURES) throw new Error(`index-media stored ${count} of ${PICTURES} pictures`)
  }
  const sums = bench.tool('sha256sum', ...files)
  const asNew = await compare(index, sums, { turns: 5, warmUps: 1, prepare: db.empty, check })
  const unchanged = await compare(index, bench.cli(['process-queue']), { turns: 15, check })
  await db.end()
  return [
    inRatio(
      `index-media, ${PICTURES} new`,
      inMs(asNew.measuredMs),
      { name: 'sha256sum', ...inMs(asNew.referenceMs) },
      2,
    ),
    inRatio(
      `index-media, ${PICTURES} unchanged`,
      inMs(unchanged.measuredMs),
      { name: 'empty tick', ...inMs(unchanged.referenceMs) },
      2,
    ),
  ]
}

/** Stories of the usual size, about 355 KB each and all different, older than any guard against files in motion. */
async function makePictures({ importSupport }, folder) {
  const { noiseJpeg } = await importSupport('pictures.ts')
  const yesterday = new Date(Date.now() - 86_400_000)
  const files = []
  for (let n = 0; n < PICTURES; n++) {
    const file = join(folder, 'stories', CATEGORIES[n % CATEGORIES.length], `story-${n}.jpg`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, await noiseJpeg({ width: 1080, height: 1920, seed: n + 1 }))
    utimesSync(file, yesterday, yesterday)
    files.push(file)
  }
  return files
}
