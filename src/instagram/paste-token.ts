import { readFile } from 'node:fs/promises'
import type { Context } from '../context.ts'
import { errorCode, notConfigured, usageError } from '../errors.ts'
import { askSecret } from '../output/ask-person.ts'
import { makeSecret, type Secret } from '../secret.ts'
import type { Login } from './choose-access.ts'
import { NO_KEY } from './store-token.ts'

/** Everything that is needed before a token is asked for; exit 4 with all that is missing. */
export function requireConnectSettings({ settings }: Context): void {
  const isFacebook = settings.instagramLogin === 'facebook'
  const missing = [
    isFacebook && !settings.appId ? 'APP_ID' : [],
    settings.appSecret ? [] : 'APP_SECRET',
    settings.secretKey ? [] : NO_KEY.name,
  ].flat()
  if (missing.length === 0) return
  const app = missing.some((name) => name !== NO_KEY.name)
    ? '`storyline help instagram` shows where the app has them.'
    : ''
  const key = missing.includes(NO_KEY.name) ? NO_KEY.fix : ''
  throw notConfigured(
    `Instagram cannot be connected; missing: ${missing.join(', ')}`,
    [app, key].filter(Boolean).join(' '),
  )
}

/** Never from an argument: those stand in the history of the shell and in `ps`. */
export async function readPastedToken({ settings }: Context, { tokenFile }: { tokenFile?: string }): Promise<Secret> {
  const raw =
    tokenFile === undefined ? await askSecret(promptFor(settings.instagramLogin)) : await readTokenFile(tokenFile)
  const token = raw.trim()
  if (token === '' || /\s/.test(token)) {
    const what = token === '' ? 'No token was given' : 'That is not a token: it holds spaces or several lines'
    throw usageError(what, 'Paste it when asked, pipe it in, or name a file with --token-file.')
  }
  return makeSecret(token)
}

function promptFor(login: Login): string {
  return login === 'facebook'
    ? 'User token from the Graph API Explorer (it is not shown):'
    : 'Token from the app dashboard, "Generate token" (it is not shown):'
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw usageError(`The token file ${path} cannot be read (${errorCode(error) ?? 'unknown error'})`)
  }
}
