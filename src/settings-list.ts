import {
  ageRecipient,
  apiVersion,
  botToken,
  categoryMix,
  chatId,
  hostName,
  longId,
  oneOf,
  type Parser,
  secretKey,
  text,
  timeOfDay,
  timeZone,
  url,
  wholeNumber,
  yesNo,
} from './settings-values.ts'

interface Extras {
  /** Raw text that counts when nothing is set; without it the setting may be absent. */
  fallback?: string
  /** Key under which the table `config` may override it (SPEC §13); secrets and connections never have one. */
  configKey?: string
}

export interface Setting<T> extends Extras {
  name: string
  parse: Parser<T>
  secret?: true
}

function setting<T, const R extends Extras = Record<never, never>>(name: string, parse: Parser<T>, extras?: R) {
  return { name, parse, ...extras } as { name: string; parse: Parser<T> } & R
}

function secretSetting<T>(name: string, parse: Parser<T>) {
  return { name, parse, secret: true } as const
}

/** Every setting once. Names and defaults: SPEC §13. */
export const SETTINGS = {
  databaseUrl: secretSetting('DATABASE_URL', url('postgres', 'postgresql')),
  dbHost: setting('DB_HOST', hostName),
  dbPort: setting('DB_PORT', wholeNumber(1, 65535), { fallback: '5432' }),
  dbName: setting('DB_NAME', text),
  dbUser: setting('DB_USER', text),
  dbPassword: secretSetting('DB_PASSWORD', text),

  telegramBotToken: secretSetting('TELEGRAM_BOT_TOKEN', botToken),
  telegramChannelId: setting('TELEGRAM_CHANNEL_ID', chatId),
  adminTelegramChatId: setting('ADMIN_TELEGRAM_CHAT_ID', chatId),
  telegramApiRoot: setting('TELEGRAM_API_ROOT', url('https', 'http'), { fallback: 'https://api.telegram.org' }),

  mediaBasePath: setting('MEDIA_BASE_PATH', text, { fallback: 'media' }),

  timeZone: setting('TIMEZONE', timeZone, { fallback: 'UTC', configKey: 'timezone' }),
  postsPerDay: setting('POSTS_PER_DAY', wholeNumber(1, 50), { fallback: '3', configKey: 'posting_frequency' }),
  postingStartMinutes: setting('POSTING_HOURS_START', timeOfDay, { fallback: '9', configKey: 'posting_hours_start' }),
  postingEndMinutes: setting('POSTING_HOURS_END', timeOfDay, { fallback: '21', configKey: 'posting_hours_end' }),
  slotJitterMinutes: setting('SLOT_JITTER_MINUTES', wholeNumber(0, 720), {
    fallback: '30',
    configKey: 'slot_jitter_minutes',
  }),
  avoidRepostDays: setting('AVOID_REPOST_DAYS', wholeNumber(0, 3650), {
    fallback: '7',
    configKey: 'avoid_repost_days',
  }),
  repostTtlDays: setting('REPOST_TTL_DAYS', wholeNumber(0, 3650), {
    fallback: '30',
    configKey: 'media_repost_ttl_days',
  }),
  skipTtlDays: setting('SKIP_TTL_DAYS', wholeNumber(0, 3650), { fallback: '14', configKey: 'skip_ttl_days' }),
  missedAfterMinutes: setting('MISSED_AFTER_MINUTES', wholeNumber(1, 10_080), {
    fallback: '120',
    configKey: 'missed_after_minutes',
  }),
  teamResponseHours: setting('TEAM_RESPONSE_HOURS', wholeNumber(1, 720), {
    fallback: '24',
    configKey: 'team_response_hours',
  }),
  teamJoin: setting('TEAM_JOIN', oneOf('members', 'anyone'), { fallback: 'members', configKey: 'team_join' }),
  maxPostsPerRun: setting('MAX_POSTS_PER_RUN', wholeNumber(1, 100), {
    fallback: '3',
    configKey: 'max_posts_per_run',
  }),
  categoryMix: setting('CATEGORY_MIX', categoryMix, { configKey: 'category_mix' }),

  enableInstagramApi: setting('ENABLE_INSTAGRAM_API', yesNo, { fallback: 'false' }),
  instagramLogin: setting('INSTAGRAM_LOGIN', oneOf('facebook', 'instagram'), { fallback: 'facebook' }),
  instagramAccountId: setting('INSTAGRAM_ACCOUNT_ID', longId),
  accessToken: secretSetting('ACCESS_TOKEN', text),
  appId: setting('APP_ID', longId),
  appSecret: secretSetting('APP_SECRET', text),
  instagramApiRoot: setting('INSTAGRAM_API_ROOT', url('https', 'http')),
  graphApiVersion: setting('GRAPH_API_VERSION', apiVersion, { fallback: 'v26.0' }),
  storyFit: setting('STORY_FIT', oneOf('blur', 'cover', 'contain'), { fallback: 'blur', configKey: 'story_fit' }),
  mediaHost: setting('MEDIA_HOST', oneOf('cloudinary', 's3'), { fallback: 'cloudinary' }),
  cloudinaryCloudName: setting('CLOUDINARY_CLOUD_NAME', text),
  cloudinaryApiKey: setting('CLOUDINARY_API_KEY', text),
  cloudinaryApiSecret: secretSetting('CLOUDINARY_API_SECRET', text),
  cloudinaryUploadPrefix: setting('CLOUDINARY_UPLOAD_PREFIX', url('https', 'http')),
  s3Endpoint: setting('S3_ENDPOINT', url('https', 'http')),
  s3Bucket: setting('S3_BUCKET', text),
  s3Region: setting('S3_REGION', text, { fallback: 'us-east-1' }),
  s3AccessKeyId: setting('S3_ACCESS_KEY_ID', text),
  s3SecretAccessKey: secretSetting('S3_SECRET_ACCESS_KEY', text),
  secretKey: secretSetting('STORYLINE_SECRET_KEY', secretKey),

  backupDir: setting('BACKUP_DIR', text, { fallback: 'backups' }),
  backupRetentionDays: setting('BACKUP_RETENTION_DAYS', wholeNumber(1, 3650), { fallback: '30' }),
  backupRecipient: setting('BACKUP_RECIPIENT', ageRecipient),

  logFile: setting('LOG_FILE', text),
  logLevel: setting('LOG_LEVEL', oneOf('debug', 'info', 'warn'), { fallback: 'info' }),
  heartbeatUrl: secretSetting('HEARTBEAT_URL', url('https', 'http')),
  dryRunMode: setting('DRY_RUN_MODE', yesNo, { fallback: 'false' }),
  leaseSeconds: setting('LEASE_SECONDS', wholeNumber(5, 3600), { fallback: '120' }),
  httpTimeoutSeconds: setting('HTTP_TIMEOUT_SECONDS', wholeNumber(1, 600), { fallback: '30' }),
} as const
