import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import { type FoundFile, fileNameOf, folderOf, type Rejection, UNREAD_SIZE } from './library.ts'
import {
  DIRECTORY_FILE,
  type DirectoryMetadata,
  doubtfulEntries,
  type MetadataFiles,
  type PartialMetadata,
  sidecarPaths,
} from './metadata.ts'
import type { Scan } from './scan-folder.ts'

/** Larger metadata files are refused unread, in bytes: a thousand entries take about 300 KB. */
const MAX_METADATA_BYTES = 4 * 1024 * 1024

export interface ReadMetadataFiles extends MetadataFiles {
  /** Files that were ignored, each with what is wrong in it. */
  problems: Rejection[]
  /** Entries that speak of no file: odd, but everything else in the file counts. */
  doubts: { path: string; warning: string }[]
}

/** Reads every `metadata.json`, and those other JSON files that lie beside their picture. */
export async function readMetadataFiles(root: string, scan: Scan): Promise<ReadMetadataFiles> {
  const wanted = wantedFiles(scan)
  const found = {
    directories: new Map<string, DirectoryMetadata>(),
    sidecars: new Map<string, PartialMetadata>(),
    invalid: new Set<string>(),
    problems: [] as Rejection[],
    doubts: [] as { path: string; warning: string }[],
  }
  if (wanted.length === 0) return found
  // Loaded only here: zod costs as much start-up as the whole database client.
  const { checkDirectory, checkSidecar } = await import('./metadata-schema.ts')
  const namesByFolder = groupNames(scan)
  for (const { file, picture } of wanted) {
    const parsed = readJson(root, file)
    const isDirectory = picture === undefined
    const checked =
      parsed.kind === 'wrong' ? parsed : isDirectory ? checkDirectory(parsed.value) : checkSidecar(parsed.value)
    if (checked.kind === 'wrong') {
      found.invalid.add(picture ?? file.path)
      const sizeBytes = parsed.kind === 'wrong' && parsed.isUnread ? UNREAD_SIZE : file.sizeBytes
      found.problems.push({ ...file, sizeBytes, reason: `${checked.problem}; the file is ignored` })
    } else if (isDirectory) {
      const directory = checked.value as DirectoryMetadata
      const folder = folderOf(file.path)
      found.directories.set(folder, directory)
      const doubts = doubtfulEntries(directory, namesByFolder.get(folder) ?? [])
      found.doubts.push(...doubts.map((warning) => ({ path: file.path, warning })))
    } else found.sidecars.set(picture, checked.value as PartialMetadata)
  }
  return found
}

interface WantedFile {
  file: FoundFile
  /** The name under which its picture looks for it; undefined for a directory's file. */
  picture: string | undefined
}

function wantedFiles(scan: Scan): WantedFile[] {
  // Compared in one normal form, because a JSON file and its picture may come from different systems.
  const sidecars = new Map(
    scan.files.flatMap(({ path }) => sidecarPaths(path).map((sidecar) => [sidecar.normalize('NFC'), sidecar] as const)),
  )
  return scan.jsonFiles.flatMap((file): WantedFile[] => {
    if (fileNameOf(file.path) === DIRECTORY_FILE) return [{ file, picture: undefined }]
    const picture = sidecars.get(file.path.normalize('NFC'))
    return picture === undefined ? [] : [{ file, picture }]
  })
}

function groupNames(scan: Scan): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const { path } of [...scan.files, ...scan.skipped]) {
    const folder = folderOf(path)
    const group = names.get(folder)
    if (group) group.push(fileNameOf(path))
    else names.set(folder, [fileNameOf(path)])
  }
  return names
}

type Json = { kind: 'ok'; value: unknown } | { kind: 'wrong'; problem: string; isUnread: boolean }

function readJson(root: string, file: FoundFile): Json {
  if (file.sizeBytes > MAX_METADATA_BYTES) {
    return { kind: 'wrong', problem: `${file.sizeBytes} bytes are too many for a metadata file`, isUnread: false }
  }
  let text: string
  try {
    text = readFileSync(join(root, file.path), 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    return { kind: 'wrong', problem: `cannot be read (${errorCode(error) ?? 'unknown error'})`, isUnread: true }
  }
  try {
    return { kind: 'ok', value: JSON.parse(text) }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return { kind: 'wrong', problem: `not valid JSON: ${said}`, isUnread: false }
  }
}
