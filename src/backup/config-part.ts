import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { config } from '../db/schema.ts'
import { readSettings } from '../settings.ts'
import { listSettings } from '../setup/config-rows.ts'

const configPart = z.object({
  /** Rows of the table `config`. */
  config: z.array(z.object({ key: z.string(), value: z.string(), description: z.string().nullable() })),
  /** For people: what held when the backup was made. */
  settings: z.array(z.object({ name: z.string(), value: z.string(), origin: z.string() })),
  /** Names of the secrets that were set; never their values. */
  secrets: z.array(z.string()),
  /** Where the copy of .env is, or why there is none. */
  env: z.string(),
})

export type ConfigPart = z.infer<typeof configPart>

/** What is set, and the text of `.env` if it may be copied: only into an encrypted backup. */
export async function collectConfig(
  ctx: Pick<Context, 'db' | 'env' | 'settings'>,
  isEncrypted: boolean,
): Promise<{ part: ConfigPart; envText: string | undefined }> {
  const rows = await ctx.db.select().from(config).orderBy(config.key)
  const sources = readSettings(ctx.env, ctx.settings.home)
  const values = Object.fromEntries(rows.map(({ key, value }) => [key, value]))
  const shown = listSettings({ ...sources, config: values }).rows
  const file = join(sources.home, '.env')
  const envText = isEncrypted && existsSync(file) ? await readFile(file, 'utf8') : undefined
  const part: ConfigPart = {
    config: rows.map(({ key, value, description }) => ({ key, value, description })),
    settings: shown.flatMap(({ name, secret, holds }) => (secret || !holds ? [] : [{ name, ...holds }])),
    secrets: shown.filter(({ secret, holds }) => secret && holds).map(({ name }) => name),
    env: describeEnv(envText !== undefined, isEncrypted, existsSync(file)),
  }
  return { part, envText }
}

function describeEnv(isCopied: boolean, isEncrypted: boolean, isThere: boolean): string {
  if (isCopied) return 'copied, encrypted'
  if (!isThere) return 'there was none'
  return isEncrypted ? 'not copied' : 'left out: it holds secrets and BACKUP_RECIPIENT is not set'
}

export function readConfigPart(text: string): ConfigPart {
  return configPart.parse(JSON.parse(text))
}
