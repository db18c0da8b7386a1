import { isObject, type Params } from './types.ts'

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  reply_parameters: [
    'message_id',
    'chat_id',
    'allow_sending_without_reply',
    'quote',
    'quote_parse_mode',
    'quote_position',
  ],
  link_preview_options: ['is_disabled', 'url', 'prefer_small_media', 'prefer_large_media', 'show_above_text'],
  reply_markup: ['inline_keyboard'],
  scope: ['type', 'chat_id', 'user_id'],
}
const BUTTON_FIELDS = [
  'text',
  'icon_custom_emoji_id',
  'style',
  'url',
  'callback_data',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'copy_text',
  'callback_game',
  'pay',
]
const UPDATE_TYPES = [
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'callback_query',
  'my_chat_member',
  'chat_member',
]

/** Notes nulls and unknown fields inside JSON parameters: the real server ignores or misreads them in silence. */
export function checkNested(params: Params, violations: string[]): void {
  for (const [key, value] of Object.entries(params)) {
    if (Buffer.isBuffer(value) || (isObject(value) && Buffer.isBuffer(value.bytes))) continue
    noteNulls(key, value, violations)
    const known = FIELDS[key]
    if (known) noteUnknown(key, value, known, violations)
  }
  const rows = isObject(params.reply_markup) ? params.reply_markup.inline_keyboard : undefined
  for (const button of Array.isArray(rows) ? rows.flat() : []) noteUnknown('button', button, BUTTON_FIELDS, violations)
  for (const type of Array.isArray(params.allowed_updates) ? params.allowed_updates : []) {
    if (!UPDATE_TYPES.includes(String(type))) violations.push(`allowed_updates: unexpected type "${String(type)}"`)
  }
}

function noteNulls(path: string, value: unknown, violations: string[]): void {
  if (value === null) violations.push(`${path} is null; leave it out`)
  else if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) noteNulls(`${path}.${key}`, inner, violations)
  }
}

function noteUnknown(path: string, value: unknown, known: readonly string[], violations: string[]): void {
  if (!isObject(value)) return
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) violations.push(`${path} has no field "${key}"`)
  }
}
