import { defineCommand } from '../command.ts'
import { COMMANDS } from '../commands.ts'
import type { Context } from '../context.ts'
import { usageError } from '../errors.ts'
import { didYouMean } from './did-you-mean.ts'
import { TOPICS } from './help-topics.ts'

export default defineCommand({
  description: `Explains a topic (${Object.keys(TOPICS).join(', ')}) or a command. Without one it lists them all.

--json: {topics, commands: [{name, summary}]}; of a topic or a command {topic, text}.`,
  examples: [
    ['storyline help', 'all topics and commands'],
    ['storyline help how-it-works', 'how a story travels from the folder to the history'],
    ['storyline help environment', 'every setting with its default'],
    ['storyline help list-queue', 'the same as storyline list-queue --help'],
  ],
  needs: 'nothing',
  configure: (command) => {
    command.argument('[topic]', 'topic or command')
  },
  run: async (ctx, { args }) => {
    const [topic] = args
    if (topic === undefined) {
      printList(ctx)
      return undefined
    }
    const text = await explain(topic)
    ctx.out.document({ topic, text })
    ctx.out.print(text)
    return undefined
  },
})

function printList({ out }: Context): void {
  out.document({
    topics: Object.keys(TOPICS),
    commands: COMMANDS.map(({ name, summary }) => ({ name, summary })),
  })
  out.print('Topics:')
  for (const [name, { summary }] of Object.entries(TOPICS)) out.print(`  storyline help ${name.padEnd(14)} ${summary}`)
  out.print('\nCommands:')
  for (const { name, summary } of COMMANDS) out.print(`  storyline ${name.padEnd(19)} ${summary}`)
}

async function explain(topic: string): Promise<string> {
  const found = TOPICS[topic]
  if (found) return found.text()
  const entry = COMMANDS.find(({ name }) => name === topic)
  if (entry) {
    // Loaded for it alone: it brings the parser along.
    const { loadHelpText } = await import('./help-model.ts')
    return (await loadHelpText(entry)).trimEnd()
  }
  const meant = didYouMean(topic, [...Object.keys(TOPICS), ...COMMANDS.map(({ name }) => name)])
  const topics = `Topics: ${Object.keys(TOPICS).join(', ')}. \`storyline --help\` lists the commands.`
  throw usageError(`There is no help topic "${topic}"`, meant === null ? topics : `Did you mean ${meant}? ${topics}`)
}
