/** This package's version; a test holds it equal to package.json and deno.json. */
export const VERSION: string = '0.1.0'
