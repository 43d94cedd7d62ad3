import { isAbsolute, relative, resolve } from 'node:path'

/** A file as seen from a folder, with forward slashes; absolute where there is no way from one to the other. */
export const relativePath = (from: string, file: string): string => {
  const path = relative(from, resolve(from, file))
  return (isAbsolute(path) ? file : path === '' ? '.' : path).replaceAll('\\', '/')
}
