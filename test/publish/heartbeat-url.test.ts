import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runStoryline } from '../support/cli.ts'
import { ADMIN, TEAM, useTeam } from '../support/team.ts'

const team = useTeam([{ id: TEAM }, { id: ADMIN }])

async function startSwitch(status = 200) {
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(request.url ?? '')
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-uuid` }
}

test('every tick is told: it starts, and it went well', async () => {
  const { heard, url } = await startSwitch()
  await runStoryline(['process-queue'], { env: team.env({ HEARTBEAT_URL: url }) })
  expect(heard).toEqual(['/secret-uuid/start', '/secret-uuid'])
})

test('a tick that cannot work is told as a failure', async () => {
  const { heard, url } = await startSwitch()
  await team.library.plan('a.jpg')
  team.fake.setChat({ id: TEAM, botStatus: 'kicked' })
  const { code } = await runStoryline(['process-queue'], { env: team.env({ HEARTBEAT_URL: url }) })
  expect([code, heard]).toEqual([1, ['/secret-uuid/start', '/secret-uuid/fail']])
})

test('a switch that does not work stops nobody, and its address stays secret', async () => {
  const { url } = await startSwitch(500)
  await team.library.plan('a.jpg')
  for (const HEARTBEAT_URL of [url, 'http://127.0.0.1:9/secret-uuid']) {
    const { code, stdout, stderr } = await runStoryline(['process-queue', '--verbose'], {
      env: team.env({ HEARTBEAT_URL }),
    })
    expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining('secret-uuid')])
    expect(stderr).toContain('the heartbeat was not heard')
  }
})

test('a dry run tells nobody', async () => {
  const { heard, url } = await startSwitch()
  await runStoryline(['process-queue', '--dry-run'], { env: team.env({ HEARTBEAT_URL: url }) })
  expect(heard).toEqual([])
})
