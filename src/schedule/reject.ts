import { handCommand } from './by-hand-command.ts'

export default handCommand({
  verb: 'reject',
  status: 'rejected',
  does: `Never again: the stories leave the queue, and their pictures and every copy of
them are never chosen any more (\`storyline unlock-media\` lets them in again).
Their slots stay empty.`,
  examples: [
    ['storyline reject 47 --reason "wrong logo"', 'by the number on the card'],
    ['storyline reject 1a2b3c4d 5e6f7a8b --dry-run', 'look at what would be rejected'],
  ],
})
