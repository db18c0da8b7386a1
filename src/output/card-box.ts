import type { InlineKeyboard } from '../telegram/buttons.ts'
import { cleanLine } from '../telegram/html.ts'

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' }

/** A card as the team will see it, drawn for a terminal: the caption's text in a frame, its buttons below. */
export function drawCard(captionHtml: string, keyboard: InlineKeyboard, picture: string): string {
  const text = captionHtml
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:lt|gt|quot|amp);/g, (entity) => ENTITIES[entity] ?? entity)
  const buttons = keyboard.inline_keyboard.map((row) => row.map((button) => `[ ${button.text} ]`).join('  '))
  const lines = [`🖼  ${cleanLine(picture)}`, '', ...text.split('\n'), '', ...buttons]
  // Open on the right: emoji have different widths in different terminals, and a crooked frame looks broken.
  return [
    '┌──────────────────────────────────────────────',
    ...lines.map((line) => `│ ${line}`.trimEnd()),
    '└──────────────────────────────────────────────',
  ].join('\n')
}
