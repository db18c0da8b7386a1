import { type ChatType, type InlineButton, isObject, wrong } from './types.ts'

const ACTIONS = [
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
const STYLES = ['primary', 'success', 'danger']
/** More than this is clipped by the apps. */
const MAX_ROW_BUTTONS = 8
const MAX_BUTTONS = 100

/** The inline keyboard of a call, checked; `[]` when there is none. */
export function readKeyboard(markup: unknown, chatType: ChatType, violations: string[]): InlineButton[][] {
  if (markup === undefined) return []
  const rows = isObject(markup) ? markup.inline_keyboard : undefined
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) {
    throw wrong('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
  }
  const keyboard = rows.map((row: unknown[]) => row.map((button) => readButton(button, chatType, violations)))
  if (keyboard.some((row) => row.length > MAX_ROW_BUTTONS))
    violations.push(`more than ${MAX_ROW_BUTTONS} buttons in a row`)
  if (keyboard.flat().length > MAX_BUTTONS) throw wrong('reply markup is too long')
  return keyboard.filter((row) => row.length > 0)
}

function readButton(given: unknown, chatType: ChatType, violations: string[]): InlineButton {
  // A null field is the same as none to the real server (nested.ts still notes it).
  const button = isObject(given) ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) : {}
  if (typeof button.text !== 'string') {
    throw wrong('can\'t parse inline keyboard button: Can\'t find field "text"')
  }
  if (button.text.trim() === '') throw wrong('inline keyboard button text must be non-empty')
  const actions = ACTIONS.filter((action) => button[action] !== undefined && button[action] !== '')
  if (actions.length === 0) {
    throw wrong("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
  }
  if (actions.length > 1) violations.push(`button "${button.text}" has several actions: ${actions.join(', ')}`)
  if (button.callback_data !== undefined) checkCallbackData(button.callback_data)
  if (button.url !== undefined) checkUrl(button.url)
  if (button.copy_text !== undefined) checkCopyText(button.copy_text)
  if (button.web_app !== undefined && chatType !== 'private') throw wrong('BUTTON_TYPE_INVALID')
  if (button.style !== undefined && !STYLES.includes(String(button.style)))
    throw wrong('invalid button style specified')
  return { ...button, text: button.text }
}

function checkCallbackData(data: unknown): void {
  const sizeBytes = typeof data === 'string' ? Buffer.byteLength(data, 'utf8') : 0
  if (sizeBytes < 1 || sizeBytes > 64) throw wrong('BUTTON_DATA_INVALID')
}

function checkCopyText(copyText: unknown): void {
  const chars = isObject(copyText) && typeof copyText.text === 'string' ? [...copyText.text].length : 0
  if (chars < 1 || chars > 256) throw wrong('BUTTON_COPY_TEXT_INVALID')
}

function checkUrl(value: unknown): void {
  const text = String(value)
  if (/^tg:\/\/\S+$/.test(text)) return
  const host = URL.canParse(text) && /^https?:\/\//.test(text) ? new URL(text).hostname : ''
  if (/\.[a-z0-9-]{2,}$|^\d+(\.\d+){3}$/i.test(host)) return
  throw wrong(`inline keyboard button URL '${text}' is invalid: Wrong HTTP URL`)
}
