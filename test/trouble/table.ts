/**
 * Every command of COMMANDS, at least once, and the exit code that its --help and SPEC §7 promise. `3 report`: that code,
 * but with a report as the result instead of an error. A star: it changes what others need, and has a database of its own.
 *
 * well: also with stdin closed, from / and from a folder that is gone, in an odd TZ, and when nobody reads the output.
 * read-only: STORYLINE_HOME, the default of BACKUP_DIR and MEDIA_BASE_PATH, cannot be written by anybody.
 * none: an empty STORYLINE_HOME, a database nobody used, and no other setting.
 */
const TABLE = `
                                                            | well     | read-only | no db    | newer    | older    | wrong    | none
* quickstart                                                | 0        | 0         | 1        | 4        | 0        | 4        | 0
init                                                        | 2        | 2         | 2        | 2        | 2        | 2        | 2
help                                                        | 0        | 0         | 0        | 0        | 0        | 0        | 0
help exit-codes                                             | 0        | 0         | 0        | 0        | 0        | 0        | 0
help no-such-topic                                          | 2        | 2         | 2        | 2        | 2        | 2        | 2
undo 7 --in 3h                                              | 0        | 0         | 1        | 4        | 4        | 4        | 1
index-media                                                 | 0        | 0         | 1        | 4        | 4        | 4        | 1
list-media                                                  | 0        | 0         | 1        | 4        | 4        | 4        | 0
show-media show.jpg                                         | 0        | 0         | 1        | 4        | 4        | 4        | 1
edit-media edit.jpg --title New                             | 0        | 0         | 1        | 4        | 4        | 4        | 1
lock-media lock.jpg                                         | 0        | 0         | 1        | 4        | 4        | 4        | 1
unlock-media unlock.jpg                                     | 0        | 0         | 1        | 4        | 4        | 4        | 1
create-schedule --days 2                                    | 0        | 0         | 1        | 4        | 4        | 4        | 0
list-queue                                                  | 0        | 0         | 1        | 4        | 4        | 4        | 0
history                                                     | 0        | 0         | 1        | 4        | 4        | 4        | 0
add-to-queue add.jpg --in 2h --force                        | 0        | 0         | 1        | 4        | 4        | 4        | 1
reschedule 1 --in 2h                                        | 0        | 0         | 1        | 4        | 4        | 4        | 1
cancel 2                                                    | 0        | 0         | 1        | 4        | 4        | 4        | 1
retry 3 --force                                             | 0        | 0         | 1        | 4        | 4        | 4        | 1
confirm 4 --posted                                          | 0        | 0         | 1        | 4        | 4        | 4        | 1
skip 5                                                      | 0        | 0         | 1        | 4        | 4        | 4        | 1
reject 6                                                    | 0        | 0         | 1        | 4        | 4        | 4        | 1
pause --reason holidays                                     | 0        | 0         | 1        | 4        | 4        | 4        | 0
resume                                                      | 0        | 0         | 1        | 4        | 4        | 4        | 0
process-queue                                               | 0        | 0         | 1        | 4        | 4        | 4        | 0
process-queue --dry-run                                     | 0        | 0         | 1        | 4        | 4        | 4        | 0
bot                                                         | 143      | 143       | 1        | 4        | 4        | 4        | 4
test-telegram                                               | 0        | 0         | 0        | 0        | 0        | 4        | 4
instagram connect                                           | 2        | 2         | 1        | 4        | 4        | 4        | 4
instagram connect --token-file $TOKEN --account first_brand | 0        | 0         | 1        | 4        | 4        | 4        | 4
test-api                                                    | 0        | 0         | 1        | 4        | 4        | 4        | 4 report
check-token                                                 | 0        | 0         | 1        | 4        | 4        | 4        | 4
refresh-token                                               | 0        | 0         | 1        | 4        | 4        | 4        | 0
list-users                                                  | 0        | 0         | 1        | 4        | 4        | 4        | 0
user-stats --username ana                                   | 0        | 0         | 1        | 4        | 4        | 4        | 1
promote-user --username ana                                 | 0        | 0         | 1        | 4        | 4        | 4        | 1
deactivate-user --username bea                              | 0        | 0         | 1        | 4        | 4        | 4        | 1
activate-user --username cleo                               | 0        | 0         | 1        | 4        | 4        | 4        | 1
* check-health                                              | 3 report | 3 report  | 3 report | 3 report | 3 report | 4        | 3 report
dashboard                                                   | 0        | 0         | 1        | 4        | 4        | 4        | 0
monitor-queue                                               | 0        | 0         | 1        | 4        | 4        | 4        | 0
list-service-runs                                           | 0        | 0         | 1        | 4        | 4        | 4        | 0
* backup                                                    | 0        | 1         | 1        | 4        | 4        | 4        | 3 report
restore $BACKUP --dry-run                                   | 0        | 0         | 1        | 0        | 0        | 4        | 0
* verify-backups                                            | 0        | 1         | 1        | 4        | 4        | 4        | 1
config list                                                 | 0        | 0         | 3 report | 3 report | 3 report | 3 report | 0
config get TIMEZONE                                         | 0        | 0         | 3 report | 3 report | 3 report | 3 report | 0
config set SKIP_TTL_DAYS 9                                  | 0        | 0         | 1        | 4        | 4        | 0        | 0
config unset REPOST_TTL_DAYS                                | 0        | 0         | 1        | 4        | 4        | 0        | 0
config changes                                              | 0        | 0         | 1        | 4        | 4        | 0        | 0
install-cron                                                | 0        | 0         | 0        | 0        | 0        | 0        | 0
install-cron --print                                        | 0        | 0         | 0        | 0        | 0        | 0        | 0
install-service --print                                     | 0        | 0         | 0        | 0        | 0        | 4        | 0
db status                                                   | 0        | 0         | 1        | 0        | 0        | 4        | 0
db start                                                    | 2        | 2         | 2        | 2        | 2        | 4        | 2
db stop                                                     | 2        | 2         | 2        | 2        | 2        | 4        | 2
db upgrade                                                  | 2        | 2         | 2        | 2        | 2        | 4        | 2
db url                                                      | 0        | 0         | 0        | 0        | 0        | 4        | 0
db psql                                                     | 0        | 0         | 1 report | 0        | 0        | 4        | 0
* db migrate                                                | 0        | 0         | 1        | 4        | 0        | 4        | 0
completion bash                                             | 0        | 0         | 0        | 0        | 0        | 0        | 0
completion zsh                                              | 0        | 0         | 0        | 0        | 0        | 0        | 0
completion fish                                             | 0        | 0         | 0        | 0        | 0        | 0        | 0
man                                                         | 0        | 0         | 0        | 0        | 0        | 0        | 0
version                                                     | 0        | 0         | 0        | 0        | 0        | 0        | 0
`

const COLUMNS = ['well', 'read-only', 'no db', 'newer', 'older', 'wrong', 'none'] as const
export type Column = (typeof COLUMNS)[number]

export interface Expected {
  code: number
  /** The result itself says what is wrong; there is no error. */
  isReport: boolean
}

export interface Row {
  /** Words after `storyline`. */
  words: readonly string[]
  /** Needs a database of its own. */
  isAlone: boolean
  expected: Record<Column, Expected>
}

export const ROWS: readonly Row[] = TABLE.split('\n')
  .filter((line) => line.trim() !== '')
  .slice(1)
  .map(readRow)

/** The rows with their names, for `it.each`. */
export const CASES = ROWS.map((row) => [row.words.join(' '), row] as const)

function readRow(line: string): Row {
  const [first = '', ...cells] = line.split('|').map((cell) => cell.trim())
  if (cells.length !== COLUMNS.length) throw new Error(`the table lacks a cell: ${line}`)
  const expected = Object.fromEntries(COLUMNS.map((column, index) => [column, readCell(cells[index] ?? '')]))
  return {
    words: first.replace(/^\* /, '').split(' '),
    isAlone: first.startsWith('* '),
    expected: expected as Record<Column, Expected>,
  }
}

function readCell(cell: string): Expected {
  const [, code, report] = /^(\d+)( report)?$/.exec(cell) ?? []
  if (code === undefined) throw new Error(`no exit code in the table: ${cell}`)
  return { code: Number(code), isReport: report !== undefined }
}
