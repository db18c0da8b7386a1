/** What the bot understands, as shown in Telegram's menu (setMyCommands). */
export const BOT_COMMANDS = [
  { command: 'pending', description: 'Stories that wait for the team, and what comes next' },
  { command: 'posted', description: 'What happened to the last stories' },
  { command: 'stats', description: 'Numbers of the last 7 and 30 days' },
  { command: 'help', description: 'How this works' },
  { command: 'start', description: 'Hello' },
] as const

/** What admins can do beside that, in the admin chat. */
export const ADMIN_COMMANDS = [
  { command: 'health', description: 'Does the queue move? What waits for whom?' },
  { command: 'pause', description: 'Stop posting: /pause holidays' },
  { command: 'resume', description: 'Go on; what is overdue gets the next free slots' },
  { command: 'reject', description: 'Never this picture again: /reject 47 wrong logo' },
  { command: 'undo', description: 'Take back a wrong posted or skipped: /undo 47' },
] as const

export type AdminCommand = (typeof ADMIN_COMMANDS)[number]['command']

export function findAdminCommand(command: string): AdminCommand | undefined {
  return ADMIN_COMMANDS.find((known) => known.command === command)?.command
}
