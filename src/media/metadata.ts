import { linkInFileName } from './file-name-link.ts'
import { comparePaths, fileNameOf, folderOf, type MediaMetadata } from './library.ts'

/** What one source says of a picture. An absent field is left to the next weaker source; null is a deliberate "none". */
export interface PartialMetadata {
  title?: string | null | undefined
  link_url?: string | null | undefined
  caption?: string | null | undefined
  tags?: string[] | undefined
  requires_interaction?: boolean | undefined
  custom_metadata?: Record<string, unknown> | null | undefined
}

/** `metadata.json` of one directory. */
export interface DirectoryMetadata {
  default_requires_interaction?: boolean | undefined
  default_tags?: string[] | undefined
  items?: (PartialMetadata & { file_name: string })[] | undefined
}

/** The metadata files of the scanned folders, parsed; `invalid` ones are ignored and hold the names of the files. */
export interface MetadataFiles {
  directories: ReadonlyMap<string, DirectoryMetadata>
  /** By path of the JSON file. */
  sidecars: ReadonlyMap<string, PartialMetadata>
  invalid: ReadonlySet<string>
}

export interface FoundMetadata {
  metadata: MediaMetadata
  /** A file that speaks of this picture is invalid: what the library already knows is better than the rest. */
  isIncomplete: boolean
}

export const DIRECTORY_FILE = 'metadata.json'

/** Longest tag, in characters: the index over tags takes up to 2,700 bytes. */
export const MAX_TAG_CHARS = 100

/** Where the sidecar of a picture may lie, strongest first: `photo.jpg.json`, `photo.json`. */
export function sidecarPaths(path: string): string[] {
  const stem = path.replace(/\.[^./]*$/, '')
  return [`${path}.json`, `${stem}.json`].filter((sidecar) => fileNameOf(sidecar) !== DIRECTORY_FILE)
}

function directoryFile(folder: string): string {
  return folder === '' ? DIRECTORY_FILE : `${folder}/${DIRECTORY_FILE}`
}

/** What is known of a picture, each field from the strongest source that has it (SPEC §8). */
export function readMetadata(path: string, files: MetadataFiles): FoundMetadata {
  const folder = folderOf(path)
  const directory = files.directories.get(folder)
  const candidates = sidecarPaths(path)
  const sources: PartialMetadata[] = [
    ...candidates.map((sidecar) => files.sidecars.get(sidecar) ?? {}),
    entryFor(fileNameOf(path), directory) ?? {},
    { requires_interaction: directory?.default_requires_interaction, tags: directory?.default_tags },
    fromFileName(fileNameOf(path)),
  ]
  const isIncomplete = [...candidates, directoryFile(folder)].some((file) => files.invalid.has(file))
  return { metadata: merge(sources), isIncomplete }
}

function entryFor(fileName: string, directory: DirectoryMetadata | undefined) {
  const isSameName = ({ file_name }: { file_name: string }) => sameName(file_name, fileName)
  return directory?.items?.find(({ file_name }) => file_name === fileName) ?? directory?.items?.find(isSameName)
}

/** A Mac writes `é` as two characters into file names, editors write one into JSON: to people it is one name. */
function sameName(a: string, b: string): boolean {
  return a === b || a.normalize('NFC') === b.normalize('NFC')
}

function fromFileName(fileName: string): PartialMetadata {
  const link = linkInFileName(fileName)
  return link === undefined ? {} : { link_url: link, requires_interaction: true }
}

function merge(sources: readonly PartialMetadata[]): MediaMetadata {
  const first = <K extends keyof PartialMetadata>(key: K) =>
    sources.find((source) => source[key] !== undefined)?.[key] ?? null
  return {
    title: first('title') || null,
    linkUrl: first('link_url') || null,
    caption: first('caption') || null,
    tags: cleanTags(first('tags') ?? []),
    requiresInteraction: first('requires_interaction') ?? false,
    customMetadata: first('custom_metadata'),
  }
}

/** Trimmed, without empty ones and repetitions; otherwise as they were written. */
export function cleanTags(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))]
}

/** What is odd about `items[]`: names without a picture, and names that come twice. */
export function doubtfulEntries(directory: DirectoryMetadata, fileNames: readonly string[]): string[] {
  const names = (directory.items ?? []).map(({ file_name }) => file_name)
  const existing = new Set(fileNames.map((name) => name.normalize('NFC')))
  const seen = new Set<string>()
  const doubts = new Set<string>()
  for (const name of names) {
    const normal = name.normalize('NFC')
    if (!existing.has(normal)) doubts.add(`items: no picture "${name}" in this folder`)
    else if (seen.has(normal)) doubts.add(`items: "${name}" is listed twice; the first entry counts`)
    seen.add(normal)
  }
  return [...doubts].sort(comparePaths)
}

/** A link for the sticker: http(s) with a host. */
export function isLink(text: string): boolean {
  return /^https?:\/\/[^\s/]/i.test(text) && !/[\s\p{Cc}]/u.test(text) && URL.canParse(text)
}
