import { defineCommand } from '../command.ts'
import { COMMANDS } from '../commands.ts'
import { ExitCode, usageError } from '../errors.ts'
import { TOPICS } from './help-topics.ts'

export default defineCommand({
  description: `Explains a topic: ${Object.keys(TOPICS).join(', ')}. \`storyline <command> --help\` explains a command.`,
  examples: [
    ['storyline help how-it-works', 'how a story travels from the folder to the history'],
    ['storyline help environment', 'every setting with its default'],
  ],
  needs: 'nothing',
  configure: (command) => {
    command.argument('[topic]', 'what to explain')
  },
  run: async (ctx, { args }) => {
    const [topic] = args
    if (topic === undefined) {
      ctx.out.document({
        topics: Object.keys(TOPICS),
        commands: COMMANDS.map(({ name, summary }) => ({ name, summary })),
      })
      ctx.out.print('Topics:')
      for (const [name, { summary }] of Object.entries(TOPICS))
        ctx.out.print(`  storyline help ${name.padEnd(14)} ${summary}`)
      ctx.out.print('\nCommands:')
      for (const { name, summary } of COMMANDS) ctx.out.print(`  storyline ${name.padEnd(19)} ${summary}`)
      return ExitCode.done
    }
    const found = TOPICS[topic]
    if (!found) {
      const isCommand = COMMANDS.some(({ name }) => name === topic)
      const fix = isCommand ? `Run \`storyline ${topic} --help\`.` : `Topics: ${Object.keys(TOPICS).join(', ')}.`
      throw usageError(`There is no help topic "${topic}"`, fix)
    }
    const text = found.text()
    ctx.out.document({ topic, text })
    ctx.out.print(text)
    return ExitCode.done
  },
})
