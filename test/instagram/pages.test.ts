import { describe, expect, it } from 'vitest'
import { choosePage } from '../../src/instagram/pages.ts'
import type { Page } from '../../src/instagram/tokens.ts'
import { makeSecret } from '../../src/secret.ts'

function page(id: string, more: Partial<Page> = {}): Page {
  return {
    id,
    name: `Page ${id}`,
    tasks: ['CREATE_CONTENT'],
    token: makeSecret(`token ${id}`),
    account: { id: `1784140000000000${id}`, username: `name_${id}` },
    ...more,
  }
}

const chosen = (pages: readonly Page[], wanted: string | null) => {
  const choice = choosePage(pages, wanted)
  return choice.kind === 'found' ? choice.page.id : choice
}

describe('which Page is connected', () => {
  it('the only one', () => {
    expect(chosen([page('1')], null)).toBe('1')
  })

  it('the only one that can be used', () => {
    const others = [page('1', { account: null }), page('2', { tasks: ['ANALYZE'] }), page('3', { token: null })]
    expect(chosen([...others, page('4')], null)).toBe('4')
  })

  it('of several, somebody has to choose among those that can be used', () => {
    expect(chosen([page('1'), page('2', { account: null }), page('3')], null)).toMatchObject({
      kind: 'ask',
      pages: [{ id: '1' }, { id: '3' }],
    })
  })

  it.each(['17841400000000002', 'name_2', '@name_2', 'Name_2'])('the one of the account %s', (wanted) => {
    expect(chosen([page('1'), page('2')], wanted)).toBe('2')
  })

  it.each<[task: string]>([['CREATE_CONTENT'], ['MANAGE']])('%s is enough', (task) => {
    expect(chosen([page('1', { tasks: [task] })], null)).toBe('1')
  })

  it.each<[name: string, pages: Page[], wanted: string | null, reason: RegExp, fix: RegExp]>([
    ['no Page at all', [], null, /no Facebook Page/, /tick the Page/],
    ['no task for it', [page('1', { tasks: ['ANALYZE'] })], null, /may not create content.*ANALYZE/, /CREATE_CONTENT/],
    ['no account', [page('1', { account: null })], null, /no Instagram account is linked/, /Link/],
    ['no token', [page('1', { token: null })], 'name_1', /gave no token/, /tick the Page/],
    ['not the wanted one', [page('1')], 'name_9', /no Instagram account name_9/, /@name_1 \(17841400000000001\)/],
    ['the wanted one, but not usable', [page('1'), page('2', { tasks: [] })], 'name_2', /tasks: none/, /role/],
  ])('refused: %s', (_, pages, wanted, reason, fix) => {
    expect(choosePage(pages, wanted)).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(reason),
      fix: expect.stringMatching(fix),
    })
  })
})
