/** Lines of generated SQL never get longer than this, names permitting. */
const lineWidth = 116

/** `a, b, c` broken into lines; the first starts where the caller is, the others are indented by `indent` spaces. */
export const wrap = (items: readonly string[], indent: number): string => {
  const lines: string[] = []
  let line = ''
  for (const item of items) {
    const next = line === '' ? item : `${line}, ${item}`
    if (line !== '' && indent + next.length > lineWidth) {
      lines.push(`${line},`)
      line = item
    } else line = next
  }
  lines.push(line)
  return lines.join(`\n${' '.repeat(indent)}`)
}

/** Text for a `--` comment: whatever a name holds, the comment ends with its line. */
export const comment = (text: string): string => text.replaceAll(/\s+/g, ' ')

/** Rows of cells, each column as wide as its widest cell; no blanks at line ends. */
export const align = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, [...cell].length)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - [...cell].length)))
      .join(' ')
      .trimEnd(),
  )
}

/** A dollar quote around `body`, with a tag that does not occur in it. */
export const dollarQuote = (body: string): string => {
  let tag = '$versiongen$'
  for (let i = 2; body.includes(tag); i++) tag = `$versiongen${i}$`
  return `${tag}${body}${tag}`
}
