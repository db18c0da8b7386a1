import { type AnyCheck, checkOf } from '../check.ts'
import { backups } from './backups.ts'
import { bot } from './bot.ts'
import { clock } from './clock.ts'
import { configuration } from './configuration.ts'
import { database } from './database.ts'
import { deliveries } from './deliveries.ts'
import { disk } from './disk.ts'
import { failures } from './failures.ts'
import { hosting } from './hosting.ts'
import { instagram } from './instagram.ts'
import { instagramApi } from './instagram-api.ts'
import { lastTick } from './last-tick.ts'
import { mediaFolder } from './media-folder.ts'
import { openAlerts } from './open-alerts.ts'
import { overdue } from './overdue.ts'
import { pause } from './pause.ts'
import { plan } from './plan.ts'
import { runway } from './runway.ts'
import { schema } from './schema.ts'
import { team } from './team.ts'
import { telegram } from './telegram.ts'
import { timeZone } from './time-zone.ts'
import { unconfirmed } from './unconfirmed.ts'

/** Every check, in the order of the report: causes before what follows from them. */
export const CHECKS: readonly AnyCheck[] = [
  checkOf(database),
  checkOf(schema),
  checkOf(clock),
  checkOf(timeZone),
  checkOf(configuration),
  checkOf(pause),
  checkOf(telegram),
  checkOf(instagram),
  checkOf(instagramApi),
  checkOf(hosting),
  checkOf(lastTick),
  checkOf(bot),
  checkOf(overdue),
  checkOf(team),
  checkOf(unconfirmed),
  checkOf(failures),
  checkOf(plan),
  checkOf(runway),
  checkOf(deliveries),
  checkOf(mediaFolder),
  checkOf(disk),
  checkOf(backups),
  checkOf(openAlerts),
]
