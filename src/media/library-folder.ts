import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { errorCode, UserError, usageError } from '../errors.ts'

export interface LibraryFolder {
  /** The real path of MEDIA_BASE_PATH. */
  root: string
  /** The folder to index, relative to the root; empty: all of it. */
  scope: string
}

export interface FolderRequest {
  mediaBasePath: string
  /** As typed; relative to the working directory or else to the library. */
  folder: string | undefined
  workingDirectory: string
}

/** Where to look. A library that is not there is never created: it is an unmounted disk more often than a new start. */
export function openLibrary({ mediaBasePath, folder, workingDirectory }: FolderRequest): LibraryFolder {
  const root = realFolder(mediaBasePath)
  if (root === undefined) {
    throw new UserError(`The media folder ${mediaBasePath} does not exist`, {
      code: 'media_root_missing',
      fix: 'Create it, mount its disk, or set MEDIA_BASE_PATH to the folder that holds your pictures.',
    })
  }
  if (folder === undefined) return { root, scope: '' }
  const candidates = [resolve(workingDirectory, folder), resolve(root, folder)].map(realFolder)
  const inside = candidates.find((path) => path !== undefined && isBelow(root, path))
  if (inside !== undefined) return { root, scope: visibleScope(root, inside, folder) }
  if (candidates.some((path) => path !== undefined)) {
    throw usageError(`"${folder}" lies outside the media folder ${mediaBasePath}`, 'Name a folder inside it, or none.')
  }
  throw new UserError(`There is no folder "${folder}", neither here nor in ${mediaBasePath}`, {
    code: 'folder_missing',
    fix: 'Correct the name. After a folder was removed, run `storyline index-media` without one.',
  })
}

function visibleScope(root: string, path: string, folder: string): string {
  const scope = relative(root, path)
  if (!scope.split('/').some((name) => name.startsWith('.'))) return scope
  throw usageError(`"${folder}" is hidden; hidden folders are not part of the library`)
}

/** Undefined when there is no such folder. */
function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    return statSync(real).isDirectory() ? real : undefined
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw new UserError(`The folder ${path} cannot be opened (${code ?? 'unknown error'})`, {
      code: 'folder_unreadable',
      fix: 'Make it readable for the user that runs storyline.',
      cause: error,
    })
  }
}

export function isBelow(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way)
}
