import { z } from 'zod'
import { type DirectoryMetadata, isLink, MAX_TAG_CHARS, type PartialMetadata } from './metadata.ts'

const MAX_DEPTH = 50

// PostgreSQL stores neither NUL nor half of a surrogate pair.
const storable = (text: string) => !/\0|\p{Surrogate}/u.test(text)
const text = z.string().refine(storable, 'contains characters that cannot be stored').trim()
const tags = z.array(text.max(MAX_TAG_CHARS))
const link = text.refine(
  (value) => value === '' || isLink(value),
  'must be a link that starts with http:// or https://',
)

const fields = {
  title: text.nullish(),
  link_url: link.nullish(),
  caption: text.nullish(),
  tags: tags.optional(),
  requires_interaction: z.boolean().optional(),
  custom_metadata: z
    .record(z.string(), z.json())
    .refine(isStorable, 'contains characters that cannot be stored')
    .nullish(),
}

const sidecar = z.strictObject(fields)
const directory = z.strictObject({
  default_requires_interaction: z.boolean().optional(),
  default_tags: tags.optional(),
  items: z.array(z.strictObject({ file_name: z.string().min(1), ...fields })).optional(),
})

type Checked<T> = { kind: 'ok'; value: T } | { kind: 'wrong'; problem: string }

export function checkSidecar(value: unknown): Checked<PartialMetadata> {
  return check(sidecar, value)
}

export function checkDirectory(value: unknown): Checked<DirectoryMetadata> {
  return check(directory, value)
}

function check<T>(schema: z.ZodType<T>, value: unknown): Checked<T> {
  if (isTooDeep(value)) return { kind: 'wrong', problem: `nested more than ${MAX_DEPTH} levels deep` }
  const result = schema.safeParse(value)
  if (result.success) return { kind: 'ok', value: result.data }
  const problems = result.error.issues.map(({ path, message }) => `${describePath(path)}${message}`)
  return { kind: 'wrong', problem: problems.join('; ') }
}

/** A schema that calls itself would overflow the stack, and so would PostgreSQL. */
function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === MAX_DEPTH || Object.values(value).some((inner) => isTooDeep(inner, depth + 1))
}

/** `items[2].tags: `. */
function describePath(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
  return path.length === 0 ? '' : `${steps.join('').replace(/^\./, '')}: `
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return storable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => storable(key) && isStorable(inner))
}
