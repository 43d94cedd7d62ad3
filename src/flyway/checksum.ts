import { Buffer } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { crc32 } from 'node:zlib'

/**
 * Flyway's checksum of a text (ChecksumCalculator): the CRC32 of its lines in UTF-8, without line breaks and without
 * one byte order mark at the start, as a signed 32-bit number.
 */
export const checksumOfText = (text: string): number => crc32(text.replace(/^\uFEFF/, '').replace(/[\r\n]+/g, '')) | 0

/**
 * The same from the bytes of a file, decoded strictly.
 *
 * @throws TypeError when the bytes are not in this encoding, as Flyway fails then.
 */
export const checksumOfBytes = (bytes: Uint8Array, encoding: string): number =>
  checksumOfText(decodeMigration(bytes, encoding))

/**
 * The text of a migration, a byte order mark included.
 *
 * @throws TypeError when the bytes are not in this encoding; RangeError when there is no such encoding.
 */
export const decodeMigration = (bytes: Uint8Array, encoding: string): string =>
  /^iso[-_]?8859[-_]?1$|^latin-?1$/i.test(encoding)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    : decoder(encoding).decode(bytes)

/** `ignoreBOM` keeps the mark, strange as it sounds. */
const decoder = (encoding: string): TextDecoder => {
  const known = decoders.get(encoding)
  if (known) return known
  const made = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  decoders.set(encoding, made)
  return made
}

const decoders = new Map<string, TextDecoder>()
