import { describe, expect, it } from 'vitest'
import { REQUIRED_PERMISSIONS } from '../../src/instagram/judge-token.ts'
import { SETTINGS } from '../../src/settings-list.ts'
import { INSTAGRAM } from '../../src/setup/topic-instagram.ts'

const LINES = INSTAGRAM.split('\n')

describe('storyline help instagram', () => {
  it('fits a terminal of 110 columns and a few screens', () => {
    expect(LINES.filter((line) => line.length > 110)).toEqual([])
    expect(LINES.length).toBeLessThanOrEqual(90)
  })

  it('names only settings that exist', () => {
    const names = new Set<string>(Object.values(SETTINGS).map(({ name }) => name))
    const said = INSTAGRAM.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []
    // A task at Facebook.
    expect([...new Set(said)].filter((name) => !names.has(name))).toEqual(['CREATE_CONTENT'])
  })

  it('asks for every permission that is needed', () => {
    for (const name of Object.values(REQUIRED_PERMISSIONS).flat())
      expect(INSTAGRAM).toMatch(new RegExp(`\\b${name}\\b`))
  })
})
