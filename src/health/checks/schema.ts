import type { SchemaState } from '../../db/schema-version.ts'
import { type Check, healthy, unhealthy } from '../check.ts'
import { counted } from '../words.ts'

export const schema: Check<SchemaState | null> = {
  name: 'schema',
  title: 'Schema',
  needs: 'server',
  told: { checks: ['database'] },
  measure: ({ door }) => (door.kind === 'closed' ? null : door.server.schema),
  judge: (state) => {
    switch (state?.kind) {
      case 'current':
        return healthy('that of this version')
      case 'older': {
        const details = `${counted(state.missing, 'migration')} that this version needs ${state.missing === 1 ? 'is' : 'are'} missing`
        return unhealthy(details, 'Run `storyline db migrate`.')
      }
      case 'newer':
        return unhealthy('a newer Storyline has migrated it', 'Update this installation (git pull && npm ci).')
      case undefined:
        return unhealthy('not known')
      default:
        return state satisfies never
    }
  },
}
