import { handCommand } from './by-hand-command.ts'

export default handCommand({
  verb: 'skip',
  status: 'skipped',
  does: `Not these stories, not now: as the button Skip does. Their pictures rest for
SKIP_TTL_DAYS, and their slots stay empty (\`storyline cancel\` leaves both free).`,
  examples: [
    ['storyline skip 47 --reason "too similar to yesterday"', 'by the number on the card'],
    ['storyline skip 1a2b3c4d 5e6f7a8b --dry-run', 'look at what would be skipped'],
  ],
})
