import { Box, Text } from 'ink'
import { memo } from 'react'
import { type Line, paintLine } from './line.ts'

/** Lines of the screen, from top to bottom. */
export function Frame({ lines, isColoured }: { lines: readonly Line[]; isColoured: boolean }) {
  return (
    <Box flexDirection="column">
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Row key={i} text={paintLine(line, isColoured)} />
      ))}
    </Box>
  )
}

/** What stays the same costs nothing. Without any text Ink would give it no height. */
const Row = memo(({ text }: { text: string }) => <Text wrap="truncate">{text || ' '}</Text>)
