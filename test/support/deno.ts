import { createRequire } from 'node:module'

/** The path of the Deno that npm installed; puts it in place if npm was told to run no install scripts. */
export const denoExecutable = (): string => {
  const installer = createRequire(import.meta.url)('deno/install_api.cjs') as { readonly runInstall: () => string }
  return installer.runInstall()
}
