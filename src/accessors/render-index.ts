import type { Settings } from '../config/types.ts'
import { byCodePoint } from '../order.ts'
import type { AccessorName } from './names.ts'
import { stringLiteral } from './text.ts'

/** The module that gathers all accessors: TypeScript, not formatted yet. Names every export, so that none can hide another. */
export const renderIndex = (
  accessors: readonly AccessorName[],
  { importExtension }: Pick<Settings, 'importExtension'>,
): string =>
  accessors
    .toSorted((a, b) => byCodePoint(a.stem, b.stem))
    .map(({ stem, type, value }) => {
      const names = [`${value}History`, ...['Data', 'Key', 'State', 'Version'].map((suffix) => `type ${type}${suffix}`)]
      return `export { ${names.join(', ')} } from ${stringLiteral(`./${stem}${importExtension}`)}\n`
    })
    .join('') || 'export {}\n'
