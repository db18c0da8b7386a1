import type { HostName } from '../db/schema.ts'
import type { Settings } from '../settings.ts'
import { SETTINGS } from '../settings-list.ts'
import type { Host } from './hosting.ts'

/** A host that can be used, or the names of the settings without which it cannot. */
export type OpenedHost = { kind: 'ready'; host: Host } | { kind: 'incomplete'; missing: string[] }

/** The hosting provider that is configured (MEDIA_HOST). Loads nothing that belongs to the other one. */
export const openHost = (settings: Settings): Promise<OpenedHost> => openHostFor(settings, settings.mediaHost)

/** A given provider, also when it is no longer the configured one: for files that still lie there. */
export const openHostFor = (settings: Settings, provider: HostName): Promise<OpenedHost> =>
  PROVIDERS[provider](settings)

/** To add a provider: its file, and its line here. */
const PROVIDERS = { cloudinary: openCloudinary, s3: openS3 } satisfies Record<
  HostName,
  (settings: Settings) => Promise<OpenedHost>
>

async function openCloudinary(settings: Settings): Promise<OpenedHost> {
  const { cloudinaryCloudName, cloudinaryApiKey, cloudinaryApiSecret, httpTimeoutSeconds } = settings
  if (!cloudinaryCloudName || !cloudinaryApiKey || !cloudinaryApiSecret) {
    return incomplete(settings, ['cloudinaryCloudName', 'cloudinaryApiKey', 'cloudinaryApiSecret'])
  }
  const { createCloudinaryHost } = await import('./cloudinary.ts')
  const host = createCloudinaryHost({
    cloudName: cloudinaryCloudName,
    apiKey: cloudinaryApiKey,
    apiSecret: cloudinaryApiSecret.reveal(),
    uploadPrefix: settings.cloudinaryUploadPrefix,
    timeoutSeconds: httpTimeoutSeconds,
  })
  return { kind: 'ready', host }
}

async function openS3(settings: Settings): Promise<OpenedHost> {
  const { s3Bucket, s3Region, s3AccessKeyId, s3SecretAccessKey, httpTimeoutSeconds } = settings
  if (!s3Bucket || !s3AccessKeyId || !s3SecretAccessKey) {
    return incomplete(settings, ['s3Bucket', 's3AccessKeyId', 's3SecretAccessKey'])
  }
  const { createS3Host } = await import('./s3.ts')
  const host = createS3Host({
    endpoint: settings.s3Endpoint,
    bucket: s3Bucket,
    region: s3Region,
    accessKeyId: s3AccessKeyId,
    secretAccessKey: s3SecretAccessKey.reveal(),
    timeoutSeconds: httpTimeoutSeconds,
  })
  return { kind: 'ready', host }
}

function incomplete(settings: Settings, needed: readonly (keyof typeof SETTINGS)[]): OpenedHost {
  return { kind: 'incomplete', missing: needed.filter((key) => !settings[key]).map((key) => SETTINGS[key].name) }
}
