import { afterAll, beforeAll, expect, test } from 'vitest'
import { mediaItems } from '../../src/db/schema.ts'
import { applyMediaChanges } from '../../src/media/apply-changes.ts'
import { changeLibrary } from '../../src/media/library-lock.ts'
import type { Addition, MediaPlan } from '../../src/media/media-plan.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

function addition(i: number, hash = i.toString(16).padStart(64, '0')): Addition {
  const path = `stories/p${i}.jpg`
  return {
    kind: 'add',
    path,
    why: 'new file',
    description: {
      path,
      category: null,
      isSample: false,
      title: null,
      linkUrl: null,
      caption: null,
      tags: [],
      requiresInteraction: false,
      customMetadata: null,
    },
    content: { hash, sizeBytes: 1, modifiedMs: 0, mimeType: 'image/jpeg', width: 1, height: 1 },
    activity: { isActive: true, problem: null },
  }
}

test('one row that the database refuses does not keep the other 499 out', async () => {
  const changes = Array.from({ length: 500 }, (_, i) => addition(i, i === 123 ? 'not a hash' : undefined))
  const plan: MediaPlan = {
    changes,
    unchanged: 0,
    rejected: [],
    newProblems: [],
    forgotten: [],
    skipped: [],
    warnings: [],
    duplicates: [],
    librarySize: 0,
  }
  const refused = await changeLibrary(database.db, (tx) => applyMediaChanges(tx, plan))
  expect(refused).toEqual([{ path: 'stories/p123.jpg', reason: expect.stringContaining('23514') }])
  expect(await database.db.$count(mediaItems)).toBe(499)
})
