import { handCommand } from './by-hand-command.ts'

export default handCommand({
  verb: 'cancel',
  status: 'cancelled',
  does: `Takes stories out of the queue. Their pictures stay free (no lock) and their
slots too.`,
  examples: [
    ['storyline cancel 47 --reason "sold out"', 'by the number on the card'],
    ['storyline cancel 1a2b3c4d 5e6f7a8b --dry-run', 'look at what would go'],
  ],
})
