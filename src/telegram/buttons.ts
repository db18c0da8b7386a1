/** Inline keyboards: plain objects, because telegraf's types stop at Bot API 7.1 (telegram.md §3). */

import { cleanLink } from './html.ts'

type InlineButton =
  | { text: string; callback_data: string }
  | { text: string; copy_text: { text: string } }
  | { text: string; url: string }

export interface InlineKeyboard {
  inline_keyboard: InlineButton[][]
}

/** Explicit, because an edit without `reply_markup` and one with an empty keyboard both remove it: say what is meant. */
export const NO_BUTTONS: InlineKeyboard = { inline_keyboard: [] }

/** Longest `copy_text`, in characters (Bot API 7.11, CopyTextButton). */
export const MAX_COPY_TEXT = 256

/** What a button of ours can ask for; `callback_data` is `<verb>:<queue item id>`. */
export const VERBS = ['posted', 'skip', 'sent', 'again'] as const
type Verb = (typeof VERBS)[number]

export interface Press {
  verb: Verb
  queueItemId: string
}

const PRESS = /^([a-z_]{1,20}):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/

/** At most 20 + 1 + 36 bytes: within Telegram's 64. */
export function encodePress({ verb, queueItemId }: Press): string {
  return `${verb}:${queueItemId}`
}

/** Null for anything that no button of ours says; nothing in it is trusted beyond its form. */
export function decodePress(data: string | undefined): Press | null {
  const [, word, queueItemId] = PRESS.exec(data ?? '') ?? []
  const verb = VERBS.find((known) => known === word)
  return verb && queueItemId ? { verb, queueItemId } : null
}

/** Buttons of a card that waits for the team. */
export function cardKeyboard(queueItemId: string, linkUrl: string | null): InlineKeyboard {
  const act = [
    { text: '✅ Mark Posted', callback_data: encodePress({ verb: 'posted', queueItemId }) },
    { text: '⏭ Skip', callback_data: encodePress({ verb: 'skip', queueItemId }) },
  ]
  // A longer link stands in the text, where a tap on <code> copies it.
  const link = cleanLink(linkUrl ?? '')
  const copy = link && link.length <= MAX_COPY_TEXT ? [{ text: '📋 Copy Link', copy_text: { text: link } }] : []
  return { inline_keyboard: copy.length > 0 ? [copy, act] : [act] }
}

/** Buttons of the admin chat's question about an unconfirmed item: a message, or a story that may be live. */
export function questionKeyboard(queueItemId: string, about: 'message' | 'story' = 'message'): InlineKeyboard {
  const [yes, no] =
    about === 'story' ? ['✅ It is live', '🔁 Not live: publish again'] : ['✅ It was sent', '🔁 Send again']
  return {
    inline_keyboard: [
      [
        { text: yes, callback_data: encodePress({ verb: 'sent', queueItemId }) },
        { text: no, callback_data: encodePress({ verb: 'again', queueItemId }) },
      ],
    ],
  }
}
