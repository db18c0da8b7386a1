import type { Output } from './output.ts'

/** The next sensible command, for somebody at a terminal: cron, pipes, --json and --quiet hear nothing of it. */
export function suggestNext(out: Output, text: string): void {
  if (out.columns !== undefined && !out.json) out.note(text)
}
