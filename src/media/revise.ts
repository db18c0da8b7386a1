import type { Content } from './findings.ts'
import { categoryOf, type KnownMedia, type MediaMetadata } from './library.ts'
import type { Activity, Addition, Description, Revision } from './media-plan.ts'
import { type MetadataFiles, readMetadata } from './metadata.ts'
import { isPassingProblem } from './problems.ts'

interface DescribeFacts {
  metadata: MetadataFiles
  sampleHashes: ReadonlySet<string>
}

/** The tag that tells people which stories are samples; what tells Storyline is the content. */
const SAMPLE_TAG = 'sample'

/** Columns that `edit-media` may take over from the metadata files, by the name in `edited_fields`. */
export const EDITABLE = {
  title: 'title',
  link_url: 'linkUrl',
  caption: 'caption',
  tags: 'tags',
  requires_interaction: 'requiresInteraction',
} as const satisfies Record<string, keyof MediaMetadata>
export type EditableField = keyof typeof EDITABLE

/** What the row of a file should say. Fields that somebody edited stay, and so does all of it while a metadata file is broken. */
export function describe(
  path: string,
  item: KnownMedia | undefined,
  newHash: string | null,
  { metadata: files, sampleHashes }: DescribeFacts,
): Description {
  const { metadata, isIncomplete } = readMetadata(path, files)
  const hash = newHash ?? item?.hash ?? ''
  // A sample stays one when its list is lost: otherwise it would be posted.
  const isSample = sampleHashes.has(hash) || (item?.isSample === true && item.hash === hash)
  if (isSample && !metadata.tags.includes(SAMPLE_TAG)) metadata.tags.push(SAMPLE_TAG)
  const kept = item ? (isIncomplete ? metadataOf(item) : editedOf(item)) : {}
  return { ...metadata, ...kept, path, category: categoryOf(path), isSample }
}

function metadataOf({ title, linkUrl, caption, tags, requiresInteraction, customMetadata }: KnownMedia): MediaMetadata {
  return { title, linkUrl, caption, tags, requiresInteraction, customMetadata }
}

function editedOf(item: KnownMedia): Partial<MediaMetadata> {
  const fields = Object.entries(EDITABLE).filter(([field]) => item.editedFields.includes(field))
  return Object.fromEntries(fields.map(([, key]) => [key, item[key]]))
}

export function addItem(description: Description, content: Content): Addition {
  const activity: Activity = { isActive: true, problem: null }
  return { kind: 'add', path: description.path, why: 'new file', description, content, activity }
}

interface RevisionFacts {
  item: KnownMedia
  description: Description
  /** Null: size and mtime are the same, so the bytes are. */
  content: Content | null
  /** Why this path was rejected before. */
  remembered: string | undefined
}

/** What changes about a known item, or undefined when everything is as it was. */
export function reviseItem({ item, description, content, remembered }: RevisionFacts): Revision | undefined {
  const hasMoved = item.path !== description.path
  const isNewPicture = content !== null && content.hash !== item.hash
  const isTouched = content !== null && (content.modifiedMs !== item.modifiedMs || content.sizeBytes !== item.sizeBytes)
  const mayReturn = isNewPicture || isPassingProblem(item.problem, item.path) || item.problem === (remembered ?? false)
  const activity = !item.isActive && mayReturn ? { isActive: true, problem: null } : null
  const reasons = [
    hasMoved ? `moved from ${item.path}` : '',
    isNewPicture ? 'new content: its counters start again' : '',
    activity ? 'its file is back' : '',
    ...differences(item, description),
  ].filter((reason) => reason !== '')
  if (reasons.length === 0 && !isTouched) return undefined
  return {
    kind: hasMoved ? 'move' : reasons.length > 0 ? 'update' : 'touch',
    id: item.id,
    path: description.path,
    why: reasons.join(', '),
    from: hasMoved ? item.path : null,
    description,
    content,
    resetsCounters: isNewPicture,
    activity,
  }
}

const COMPARED = {
  title: 'title',
  linkUrl: 'link',
  caption: 'caption',
  tags: 'tags',
  requiresInteraction: 'interaction',
  customMetadata: 'custom metadata',
  category: 'category',
  isSample: 'sample',
} as const satisfies Partial<Record<keyof Description, string>>

function differences(item: KnownMedia, description: Description): string[] {
  const keys = Object.keys(COMPARED) as (keyof typeof COMPARED)[]
  const changed = keys.filter((key) => !isEqual(item[key], description[key]))
  return changed.length === 0 ? [] : [`changed ${changed.map((key) => COMPARED[key]).join(', ')}`]
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || canonical(a) === canonical(b)
}

/** JSON with sorted keys: PostgreSQL keeps objects in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
