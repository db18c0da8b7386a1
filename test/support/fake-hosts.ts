import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addFault, addHold, createFaultBox, type Fault, type Hold, type When } from './fake-hosts/faults.ts'
import { handleRequest } from './fake-hosts/server.ts'
import { ACCOUNT, type Action, type HostCall, type HostedRecord, type World } from './fake-hosts/types.ts'

/** Cloudinary and an S3 store on 127.0.0.1, as strict as the real ones, for this process and for the commands that a test starts. */
export interface FakeHosts {
  url: string
  /** Every CLOUDINARY_* and S3_* setting that leads here; MEDIA_HOST is for the test to choose. */
  env: Record<string, string>
  close(): Promise<void>
  /** Every file that was ever uploaded. */
  files(): HostedRecord[]
  /** Those that are still there. */
  present(): HostedRecord[]
  /** In the order of arrival. */
  calls(): HostCall[]
  /** Everything that was wrong with the calls themselves. A test ends with `expect(fake.violations()).toEqual([])`. */
  violations(): string[]
  fault(fault: Fault): void
  clearFaults(): void
  /** Holds the next call of an action before or after its effect. */
  hold(action: Action, when: When): Hold
}

export async function startFakeHosts(): Promise<FakeHosts> {
  const world: World = { origin: '', files: new Map(), calls: [], violations: [] }
  const box = createFaultBox()
  const http = createServer((request, response) => void handleRequest(world, box, request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  world.origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return {
    url: world.origin,
    env: settingsFor(world.origin),
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
    files: () => copyOf(world.files.values()),
    present: () => copyOf(world.files.values()).filter(({ deletedAtMs }) => deletedAtMs === null),
    calls: () => copyOf(world.calls),
    violations: () => [...world.violations],
    fault: (fault) => addFault(box, fault),
    clearFaults: () => {
      box.faults = []
    },
    hold: (action, when) => addHold(box, action, when),
  }
}

/** What a test has seen does not change under its hands. */
const copyOf = <T extends object>(items: Iterable<T>): T[] => Array.from(items, (item) => ({ ...item }))

function settingsFor(origin: string): Record<string, string> {
  return {
    CLOUDINARY_CLOUD_NAME: ACCOUNT.cloudName,
    CLOUDINARY_API_KEY: ACCOUNT.apiKey,
    CLOUDINARY_API_SECRET: ACCOUNT.apiSecret,
    CLOUDINARY_UPLOAD_PREFIX: origin,
    S3_ENDPOINT: `${origin}/s3`,
    S3_BUCKET: ACCOUNT.bucket,
    S3_REGION: ACCOUNT.region,
    S3_ACCESS_KEY_ID: ACCOUNT.accessKeyId,
    S3_SECRET_ACCESS_KEY: ACCOUNT.secretAccessKey,
  }
}
