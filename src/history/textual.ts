import type { ValueCodec } from './codec.ts'

/** Codecs whose text is the same in every session. */
const textual: ReadonlySet<string> = new Set(['text', 'char', 'inet', 'iso'])

/** Whether a value can be `like` another: as a text it is the same in every session. */
export const isTextual = (codec: ValueCodec): boolean => typeof codec === 'string' && textual.has(codec)
