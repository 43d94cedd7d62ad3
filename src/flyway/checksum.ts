import { Buffer } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { crc32 } from 'node:zlib'

/**
 * Flyway's checksum of a text (ChecksumCalculator): the CRC32 of its lines in UTF-8, without line breaks and without
 * one byte order mark at the start, as a signed 32-bit number.
 */
export const checksumOfText = (text: string): number => crc32(text.replace(/^\uFEFF/, '').replace(/[\r\n]+/g, '')) | 0

/**
 * The text of a migration, a byte order mark included.
 *
 * @throws TypeError when the bytes are not in this encoding, where Flyway fails, too; RangeError when there is no such
 * encoding.
 */
export const decodeMigration = (bytes: Uint8Array, encoding: string): string => {
  const latin1 = (): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  switch (encoding.toLowerCase().replace(/[-_]/g, '')) {
    case 'iso88591':
    case 'latin1':
      return latin1()
    case 'windows1252':
    case 'cp1252':
      return latin1().replace(/[\x80-\x9f]/g, (byte) => windows1252[byte.charCodeAt(0) - 0x80] ?? byte)
    case 'usascii':
    case 'ascii':
      if (bytes.some((byte) => byte > 0x7f)) throw new TypeError('not ASCII')
      return latin1()
    default:
      return decoder(encoding).decode(bytes)
  }
}

/** Bytes 80 to 9f; some versions of Node decode them wrongly. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** `ignoreBOM` keeps the mark, strange as it sounds. */
const decoder = (encoding: string): TextDecoder => {
  const known = decoders.get(encoding)
  if (known) return known
  const made = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  decoders.set(encoding, made)
  return made
}

const decoders = new Map<string, TextDecoder>()
