/**
 * The link in a file name: `tshirt__https-shop-com-tshirt.jpg` is `https://shop.com/tshirt`. A hyphen stands for `.` in
 * the host and for `/` behind it, so the host's end has to be found; hosts and slugs with a hyphen of their own need a
 * metadata file. The host ends, whichever applies first,
 * 1. behind `com`, `org` or `net`, and a country behind it where such names are sold (`com-au`);
 * 2. behind `co` and a country (`co-uk`);
 * 3. behind the first newer top-level domain (`shop`, `example`) or country (two letters);
 * 4. behind the second label.
 */
export function linkInFileName(fileName: string): string | undefined {
  const stem = fileName.replace(/\.[^.]*$/, '')
  const match = /__(https?)-(.+)$/i.exec(stem)
  if (!match) return undefined
  const [, scheme = '', joined = ''] = match
  const labels = joined.split('-').filter((label) => label !== '')
  const host = labels.slice(0, hostLength(labels.map((label) => label.toLowerCase())))
  if (host.length < 2) return undefined
  const path = labels.slice(host.length).map((label) => `/${label}`)
  const link = `${scheme.toLowerCase()}://${host.join('.').toLowerCase()}${path.join('')}`
  return URL.canParse(link) ? new URL(link).href : undefined
}

const CLASSIC = ['com', 'org', 'net']
/** Countries that sell names below `com`, `org` or `net`. */
const BELOW_CLASSIC = ['au', 'br', 'mx', 'tr', 'sg', 'hk', 'tw', 'ar', 'my', 'ph', 'ua', 'uk']
const BELOW_CO = ['uk', 'jp', 'nz', 'za', 'in', 'kr', 'il', 'th', 'id']
const MODERN = new Set(
  'app art biz blog cafe coffee design dev example gallery info link live online page photo shop site store studio test tech xyz'.split(
    ' ',
  ),
)

function hostLength(labels: readonly string[]): number {
  // `www` is no name of its own, so that of `www-shop-de` the shop is the name and not the domain.
  const first = labels[0] === 'www' ? 2 : 1
  const find = (isEnd: (label: string, next: string) => boolean) =>
    labels.findIndex((label, i) => i >= first && isEnd(label, labels[i + 1] ?? ''))
  const classic = find((label) => CLASSIC.includes(label))
  if (classic > 0) return classic + 1 + (BELOW_CLASSIC.includes(labels[classic + 1] ?? '') ? 1 : 0)
  const co = find((label, next) => label === 'co' && BELOW_CO.includes(next))
  if (co > 0) return co + 2
  const other = find((label) => MODERN.has(label) || /^[a-z]{2}$/.test(label))
  return other > 0 ? other + 1 : 2
}
