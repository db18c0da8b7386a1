import { type CommandInput, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../errors.ts'
import { progressBar } from '../output/progress-bar.ts'
import { type IndexResult, indexLibrary } from './index-library.ts'
import { exitCodeOf, printReport } from './index-report.ts'

interface Options {
  dryRun?: boolean
  allowRemoval?: boolean
}

export default defineCommand<Options>({
  examples: [
    ['storyline index-media', 'scan the whole media folder'],
    ['storyline index-media stories/products', 'scan one folder of it'],
    ['storyline index-media --dry-run', 'show what would change, and why'],
    ['storyline index-media --allow-removal', 'after a large part of the pictures was removed on purpose'],
  ],
  description:
    'Compares the media folder with the library: new pictures are added, changed ones updated, moved ones keep their\n' +
    'history, missing ones are retired (counted as updated when they come back). Files are never modified.\n\n' +
    '--json: {added, updated, moved, unchanged, retired, rejected: [{path, reason}], skipped, warnings: [{path,\n' +
    'warning}], duplicates}; a dry run adds dryRun true.',
  needs: 'database',
  quietWhenWell: true,
  recorded: 'always',
  handlesSignals: true,
  configure: (command) =>
    void command
      .argument('[folder]', 'folder inside MEDIA_BASE_PATH; only this part is scanned and retired')
      .option('--dry-run', 'show the changes with their reasons, store nothing')
      .option('--allow-removal', 'retire missing pictures even if they are a large part of the library'),
  run: indexMedia,
})

async function indexMedia(ctx: Context, { options, args }: CommandInput<Options>): Promise<ExitCode> {
  const { dryRun = false, allowRemoval = false } = options
  const progress = await progressBar(ctx.out, 'Indexing media files')
  const workingDirectory = process.cwd()
  const request = { folder: args[0], workingDirectory, dryRun, allowRemoval, ...(progress ? { progress } : {}) }
  const result = await indexLibrary(ctx, request)
  await printReport(ctx.out, result, dryRun)
  sayWhatNext(ctx, result)
  if (result.isInterrupted) ctx.out.warn('Interrupted: what was read is stored; run it again to go on.')
  return exitCodeOf(result)
}

function sayWhatNext({ out, settings }: Context, { plan }: IndexResult): void {
  if (out.columns === undefined || out.json) return
  const { changes, unchanged, rejected, skipped } = plan
  if (changes.length > 0) out.note('\nNext: storyline create-schedule')
  else if (unchanged + rejected.length + skipped.length === 0)
    out.note(`\n${settings.mediaBasePath} holds no pictures yet.`)
}
