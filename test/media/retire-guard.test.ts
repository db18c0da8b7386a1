import { expect, test } from 'vitest'
import { suspectRetirement } from '../../src/media/retire-guard.ts'

test.each([
  { retiring: 0, librarySize: 0, isRootEmpty: true, stops: false },
  { retiring: 1, librarySize: 1, isRootEmpty: true, stops: true },
  { retiring: 10, librarySize: 12, isRootEmpty: false, stops: false },
  { retiring: 11, librarySize: 54, isRootEmpty: false, stops: true },
  { retiring: 11, librarySize: 55, isRootEmpty: false, stops: false },
  { retiring: 200, librarySize: 1000, isRootEmpty: false, stops: false },
  { retiring: 201, librarySize: 1000, isRootEmpty: false, stops: true },
])('retiring $retiring of $librarySize (empty folder: $isRootEmpty) stops: $stops', ({ stops, ...facts }) => {
  expect(suspectRetirement(facts) !== undefined).toBe(stops)
})
