import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { runStoryline } from '../support/cli.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
})

test('a port that takes connections and closes them: one clear message, and one try', async () => {
  let tries = 0
  server = createServer((socket) => {
    tries += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { code, stderr } = await runStoryline(['list-media'], {
    env: { DATABASE_URL: `postgresql://u:p@127.0.0.1:${port}/storyline` },
  })
  expect([code, stderr]).toEqual([1, expect.stringContaining(`127.0.0.1:${port}`)])
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(tries).toBeLessThan(5)
})
