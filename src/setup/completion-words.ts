import { HISTORY_STATUSES } from '../db/schema.ts'
import { SETTINGS } from '../settings-list.ts'
import type { CommandModel } from './help-model.ts'
import { TOPICS } from './help-topics.ts'

/** What the database is asked for, or the backup folder: known only when the key is pressed. */
export const ASKED = [
  'media',
  'tags',
  'categories',
  'usernames',
  'telegram-ids',
  'queued',
  'movable',
  'unconfirmed',
  'repeatable',
  'undoable',
  'backups',
] as const
export type Asked = (typeof ASKED)[number]

/** How a value is completed. */
export type Words =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'asked'; asked: Asked }
  | { kind: 'files' }
  | { kind: 'folders' }
  | { kind: 'typed' }

const TYPED: Words = { kind: 'typed' }
const FILES: Words = { kind: 'files' }
const FOLDERS: Words = { kind: 'folders' }
const MEDIA: Words = { kind: 'asked', asked: 'media' }
const TAGS: Words = { kind: 'asked', asked: 'tags' }
const USERNAMES: Words = { kind: 'asked', asked: 'usernames' }
const TELEGRAM_IDS: Words = { kind: 'asked', asked: 'telegram-ids' }

/** By `--option`, or `<argument>` without its brackets; those of one command as `command argument`. */
const WORDS: Readonly<Record<string, Words>> = {
  'cancel id': { kind: 'asked', asked: 'queued' },
  'confirm id': { kind: 'asked', asked: 'unconfirmed' },
  'reschedule id': { kind: 'asked', asked: 'movable' },
  'skip id': { kind: 'asked', asked: 'queued' },
  'reject id': { kind: 'asked', asked: 'queued' },
  'undo id': { kind: 'asked', asked: 'undoable' },
  'retry id': { kind: 'asked', asked: 'repeatable' },
  'index-media folder': FOLDERS,
  'config name': { kind: 'words', words: Object.values(SETTINGS).map(({ name }) => name) },
  'history --status': { kind: 'words', words: HISTORY_STATUSES },
  'edit-media --clear': { kind: 'words', words: ['title', 'link', 'caption', 'tags'] },
  item: MEDIA,
  media: MEDIA,
  backup: { kind: 'asked', asked: 'backups' },
  '--tag': TAGS,
  '--tags': TAGS,
  '--add-tag': TAGS,
  '--remove-tag': TAGS,
  '--category': { kind: 'asked', asked: 'categories' },
  '--file': MEDIA,
  '--username': USERNAMES,
  '--telegram-id': TELEGRAM_IDS,
  '--out': FOLDERS,
  '--identity': FILES,
  '--token-file': FILES,
  '--contact-sheet': FILES,
  '--preview': FILES,
}

/** Values that only a person knows: numbers, times, texts. */
const ONLY_TYPED: readonly string[] = [
  'value',
  'config value',
  '--account',
  '--at',
  '--caption',
  '--days',
  '--from',
  '--in',
  '--into',
  '--limit',
  '--link',
  '--posts-per-day',
  '--reason',
  '--seed',
  '--since',
  '--title',
  '--until',
  '--user',
  '--watch',
]

/**
 * How the value of an option (`--tag`) or argument (`item`) of a command is completed; undefined: nobody has said so yet,
 * which a test notices.
 */
export function wordsFor(
  command: CommandModel,
  name: string,
  choices: readonly string[] | null,
  all: readonly CommandModel[],
): Words | undefined {
  if (choices !== null) return { kind: 'words', words: choices }
  if (name === '--service') {
    return { kind: 'words', words: all.flatMap((one) => (one.isRecorded ? [one.name] : [])) }
  }
  if (command.name === 'man') return { kind: 'words', words: all.map((one) => one.name) }
  if (command.name === 'help') return { kind: 'words', words: [...Object.keys(TOPICS), ...all.map((one) => one.name)] }
  const found = WORDS[`${command.name} ${name}`] ?? WORDS[name]
  return found ?? (ONLY_TYPED.includes(name) ? TYPED : undefined)
}
