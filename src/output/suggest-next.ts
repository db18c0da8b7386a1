import type { Output } from './output.ts'

/** The next sensible command, for somebody at a shell: cron, pipes, --json, --quiet and the dashboard hear nothing of it. */
export function suggestNext({ columns, canDraw, note }: Output, text: string): void {
  if (columns !== undefined && canDraw) note(text)
}
