import { z } from 'zod'

/** Version of the layout of a backup: raised when an older Storyline could not read it. */
const FORMAT = 1

const PARTS = ['database', 'media', 'config'] as const
export type Part = (typeof PARTS)[number]
export const KINDS = ['full', ...PARTS] as const
export type Kind = (typeof KINDS)[number]

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const bytes = z.number().int().nonnegative()

const storedFile = z.object({ name: z.string().regex(/^[\w-]+(\.\w+)*$/), bytes, sha256 })

const tableFacts = z.object({
  schema: z.string(),
  name: z.string(),
  columns: z.array(z.string()).min(1),
  /** What the rows are ordered by. */
  key: z.array(z.string()).min(1),
  rows: bytes,
  /** Of the rows as the dump writes them, in the order of the key, between `,` and a line end. */
  sha256,
})

const objectRef = z.object({
  /** Of the content, and the object's name. */
  sha256,
  /** Of the content. */
  bytes,
  /** Hash of what lies on the disk, when that is encrypted. */
  sealed: sha256.optional(),
})

const manifest = z.object({
  format: z.literal(FORMAT),
  name: z.string(),
  kind: z.enum(KINDS),
  /** What is inside. A part that failed is missing here. */
  parts: z.array(z.enum(PARTS)),
  createdAt: z.iso.datetime(),
  /** Version of Storyline that made it. */
  storyline: z.string(),
  /** Journal time of the newest migration in it; null without a database. */
  schema: z.number().nullable(),
  /** Version of the PostgreSQL server it came from; null without a database. */
  server: z.string().nullable(),
  /** Public key of age that everything but this file is encrypted for. */
  recipient: z.string().nullable(),
  files: z.array(storedFile),
  tables: z.array(tableFacts),
  media: z.object({ files: bytes, bytes }).nullable(),
  objects: z.array(objectRef),
})

const mediaList = z.array(
  z.object({
    /** Relative to MEDIA_BASE_PATH, `/`-separated. */
    path: z.string().refine(isBelowItsFolder, 'leaves the media folder'),
    sha256,
    bytes,
    /** mtime in whole milliseconds since the epoch. */
    modifiedMs: z.number().int(),
  }),
)

export type StoredFile = z.infer<typeof storedFile>
export type TableFacts = z.infer<typeof tableFacts>
export type ObjectRef = z.infer<typeof objectRef>
export type Manifest = z.infer<typeof manifest>
export type MediaEntry = z.infer<typeof mediaList>[number]

export function partsOf(kind: Kind): readonly Part[] {
  return kind === 'full' ? PARTS : [kind]
}

export function newManifest(facts: Omit<Manifest, 'format'>): Manifest {
  return { format: FORMAT, ...facts }
}

export function renderManifest({ objects, ...head }: Manifest): string {
  const list = [...renderList(objects)].join('')
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "objects": ${list.trimEnd()}\n}\n`
}

/** One line for each item: a list of a hundred thousand stays readable, and comparable with diff. */
export function* renderList(items: readonly unknown[]): Generator<string> {
  yield '['
  for (const [index, item] of items.entries()) yield `${index === 0 ? '' : ','}\n${JSON.stringify(item)}`
  yield '\n]\n'
}

type Read<T> = { kind: 'ok'; value: T } | { kind: 'newer' } | { kind: 'damaged'; problem: string }

export function readManifest(text: string): Read<Manifest> {
  const found = readJson(text)
  const format = z.object({ format: z.number() }).safeParse(found)
  if (format.success && format.data.format > FORMAT) return { kind: 'newer' }
  return check(manifest, found)
}

export function readMediaList(text: string): Read<MediaEntry[]> {
  return check(mediaList, readJson(text))
}

function check<T>(schema: z.ZodType<T>, value: unknown): Read<T> {
  const result = schema.safeParse(value)
  if (result.success) return { kind: 'ok', value: result.data }
  const [issue] = result.error.issues
  return { kind: 'damaged', problem: `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}` }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isBelowItsFolder(path: string): boolean {
  const names = path.split('/')
  return names.every((name) => name !== '' && name !== '.' && name !== '..') && !path.includes('\0')
}
