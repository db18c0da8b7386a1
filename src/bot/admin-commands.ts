import type { Context } from '../context.ts'
import { inTransaction, type Transaction } from '../db/connect.ts'
import { UserError } from '../errors.ts'
import { displayName, type Outcome } from '../history/outcome.ts'
import { describePause } from '../publish/describe-pause.ts'
import { beginPause, loadPause } from '../publish/pause.ts'
import { cleanLine, cutText, escapeHtml } from '../telegram/html.ts'
import { findByTelegramId, type User } from '../users/users.ts'
import { renderEnded, renderHealth, renderResumed, renderUndone } from './admin-texts.ts'
import { judgeAdminCommand } from './authorise.ts'
import type { CommandUpdate } from './commands.ts'
import { type BotDeps, ownChats } from './deps.ts'
import { loadHealth } from './facts.ts'
import type { AdminCommand } from './menu.ts'
import { rememberUpdate } from './updates.ts'

export interface CommandAnswer {
  /** HTML. */
  text: string
  /** The item whose cards have to be edited now. */
  editItem?: string
}

/** Who sends a command, in the words of the history. */
interface Sender {
  name: string
  actor: Outcome['actor']
}

/** Decides and commits what an admin's command does; sends nothing. Null: nobody is to be answered. */
export async function applyAdminCommand(
  deps: BotDeps,
  command: AdminCommand,
  update: CommandUpdate,
): Promise<CommandAnswer | null> {
  const { ctx } = deps
  const { team, admin } = await ownChats(ctx)
  const person = update.fromId === null ? undefined : await findByTelegramId(ctx.db, update.fromId)
  const place = {
    chatId: update.chat.id,
    chatType: update.chat.type,
    ownChatIds: [team, admin].filter((id) => id !== null),
    adminChatId: admin,
  }
  const verdict = judgeAdminCommand(place, person ?? null)
  if (verdict.kind === 'ignored') return null
  if (verdict.kind === 'refused') return { text: verdict.answer }
  if (verdict.kind === 'ask_membership') throw new Error('a command asks nobody who somebody is')
  if (command === 'health') return { text: renderHealth(await loadHealth(ctx), ctx.settings.timeZone) }
  try {
    return await change(ctx, { command, update, sender: senderOf(person) })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { text: explain(error, command, update.text) }
  }
}

/** In a private admin chat nobody has to be known. */
function senderOf(person: User | undefined): Sender {
  if (!person) return { name: 'admin', actor: { kind: 'operator', displayName: 'admin' } }
  const name = displayName(person)
  return { name, actor: { kind: 'user', userId: person.id, username: person.telegramUsername, displayName: name } }
}

interface Change {
  command: Exclude<AdminCommand, 'health'>
  update: CommandUpdate
  sender: Sender
}

const DONE_BEFORE = 'This very message was carried out before; nothing was changed now.'

/** The change and the memory of its update in one commit: delivered again, it changes nothing. */
async function change(ctx: Context, { command, update, sender }: Change): Promise<CommandAnswer> {
  return inTransaction(ctx.db, async (tx) => {
    if (!(await rememberUpdate(tx, update.updateId))) return { text: DONE_BEFORE }
    return CHANGES[command](tx, ctx, { sender, text: update.text })
  })
}

type Apply = (tx: Transaction, ctx: Context, said: { sender: Sender; text: string }) => Promise<CommandAnswer>

const CHANGES: Readonly<Record<Change['command'], Apply>> = {
  pause: async (tx, { settings }, { sender, text }) => {
    const isNew = await beginPause(tx, sender.name, reasonIn(text))
    const pause = await loadPause(tx)
    const told = pause ? escapeHtml(describePause(pause, settings.timeZone)) : ''
    return { text: isNew ? `⏸ ${told} /resume goes on.` : `⏸ It was paused before. ${told}` }
  },

  resume: async (tx, ctx, { sender }) => {
    const { resumePosting } = await import('../schedule/resume-posting.ts')
    const moved = await resumePosting(tx, ctx, { how: 'replan', by: sender.name, dryRun: false })
    return { text: moved === null ? 'Posting is not paused.' : renderResumed(moved, ctx.settings.timeZone) }
  },

  reject: async (tx, ctx, { sender, text }) => {
    const { typed, rest } = readStory(text, '/reject 47 wrong logo')
    const { settleByHand } = await import('../schedule/settle-by-hand.ts')
    const { actor } = sender
    const request = { typed, status: 'rejected', reason: reasonIn(rest), actor, dryRun: false } as const
    const ended = await settleByHand(tx, ctx, request)
    return { text: renderEnded(ended), editItem: ended.id }
  },

  undo: async (tx, ctx, { sender, text }) => {
    const { typed, rest } = readStory(text, '/undo 47')
    const { undoStory } = await import('../history/undo-story.ts')
    const at = rest.toLowerCase() === 'now' ? ctx.now() : null
    const undone = await undoStory(tx, ctx, { typed, at, by: sender.name, dryRun: false })
    const { queueItemId } = undone.history
    return { text: renderUndone(undone, ctx.settings.timeZone), ...(queueItemId ? { editItem: queueItemId } : {}) }
  },
}

const MAX_REASON = 200

function reasonIn(text: string): string | null {
  return cutText(cleanLine(text), MAX_REASON) || null
}

/** `47 wrong logo`: only the number on the card; ids are for the command line. */
function readStory(text: string, example: string): { typed: string; rest: string } {
  const [, typed = '', rest = ''] = /^#?(\d{1,9})(?:\s+([\s\S]*))?$/.exec(text) ?? []
  if (typed === '') throw new UserError(`Which story? Its number is on the card: ${example}`, { code: 'usage' })
  return { typed: `#${typed}`, rest: rest.trim() }
}

/** What the command line would say; where it asks for an option that a chat has not, the words that it has. */
function explain({ code, message, fix }: UserError, command: AdminCommand, text: string): string {
  const here = command === 'undo' && code === 'too_late' ? `To send it with the next tick: /undo ${text} now` : fix
  return [message, ...(here ? [`👉 ${here}`] : [])].map(escapeHtml).join('\n')
}
