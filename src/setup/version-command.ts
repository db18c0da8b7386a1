import { defineCommand } from '../command.ts'
import { KNOWN_SCHEMA } from '../db/schema-version.ts'
import { version } from '../version.ts'

export default defineCommand({
  description: `Prints what a bug report needs: version, Node, platform and schema.

--json: {version, node, platform, arch, schema}.`,
  examples: [
    ['storyline version', 'for a bug report'],
    ['storyline version --json', 'for a script'],
  ],
  needs: 'nothing',
  configure: () => {},
  run: async (ctx) => {
    const { node, platform, arch } = { node: process.version, platform: process.platform, arch: process.arch }
    const schema = new Date(KNOWN_SCHEMA).toISOString()
    ctx.out.document({ version, node, platform, arch, schema })
    ctx.out.print(`storyline ${version} (Node ${node}, ${platform} ${arch}, schema of ${schema.slice(0, 10)})`)
    return undefined
  },
})
