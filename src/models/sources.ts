import { loadMorph } from './load-morph.ts'
import { readFileSync, statSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import type { Node, Project, SourceFile, ts as TypeScript } from 'ts-morph'
import { VersiongenError, type Place } from '../errors.ts'

/** Parses files on demand, each once, and finds what an import names. Nothing is type-checked and nothing is run. */
export class Sources {
  readonly #project: Project
  readonly #ts: typeof TypeScript
  readonly #files = new Map<string, SourceFile | VersiongenError>()
  readonly #paths = new WeakMap<SourceFile, string>()
  readonly #resolved = new Map<string, string | undefined>()
  readonly #compilerOptions = new Map<string | undefined, TypeScript.CompilerOptions>()

  private constructor(project: Project, ts: typeof TypeScript) {
    this.#project = project
    this.#ts = ts
  }

  static async load(): Promise<Sources> {
    const { Project, ts } = await loadMorph()
    const project = new Project({
      useInMemoryFileSystem: true,
      skipAddingFilesFromTsConfig: true,
      skipFileDependencyResolution: true,
      skipLoadingLibFiles: true,
      compilerOptions: { allowJs: true, jsx: ts.JsxEmit.Preserve },
    })
    return new Sources(project, ts)
  }

  /** Absolute paths of the files that were parsed, in that order. */
  get parsed(): readonly string[] {
    return [...this.#files.keys()]
  }

  /** @throws VersiongenError `model-unreadable`; `model-syntax` at the first thing that is not TypeScript. */
  open(file: string): SourceFile {
    const known = this.#files.get(file) ?? this.#parse(file)
    this.#files.set(file, known)
    if (known instanceof VersiongenError) throw known
    return known
  }

  /**
   * A broken tree is never handed out, so that nothing is read from it. In the project files go by number: it would keep
   * track of all their folders.
   */
  #parse(file: string): SourceFile | VersiongenError {
    const source = this.#project.createSourceFile(`/${this.#files.size}${extname(file)}`, readText(file))
    this.#paths.set(source, file)
    const [problem] = syntaxProblems(source.compilerNode)
    if (problem === undefined) return source
    const message = this.#ts.flattenDiagnosticMessageText(problem.messageText, ' ')
    return new VersiongenError('model-syntax', `not valid TypeScript: ${message}`, {
      where: this.placeAt(source, problem.start),
      hint: 'correct the file, or leave it out with --models',
    })
  }

  pathOf(source: SourceFile): string {
    const path = this.#paths.get(source)
    if (path === undefined) throw new RangeError(`not one of these sources: ${source.getFilePath()}`)
    return path
  }

  placeOf(node: Node): Required<Pick<Place, 'file' | 'line' | 'column'>> {
    return this.placeAt(node.getSourceFile(), node.getStart())
  }

  placeAt(source: SourceFile, position: number): Required<Pick<Place, 'file' | 'line' | 'column'>> {
    const { line, character } = source.compilerNode.getLineAndCharacterOfPosition(position)
    return { file: this.pathOf(source), line: line + 1, column: character + 1 }
  }

  /**
   * The file an import leads to, as TypeScript would find it (tsconfig `paths`, package imports, workspaces); undefined
   * for what is installed, only declared, or not there.
   */
  resolve(from: SourceFile, specifier: string): SourceFile | undefined {
    const file = this.pathOf(from)
    const step = `${dirname(file)}\0${specifier}`
    if (!this.#resolved.has(step)) this.#resolved.set(step, this.#find(file, specifier))
    const path = this.#resolved.get(step)
    return path === undefined ? undefined : this.open(path)
  }

  #find(file: string, specifier: string): string | undefined {
    const folder = dirname(file)
    const { resolvedModule } = this.#ts.resolveModuleName(specifier, file, this.#optionsFor(folder), host)
    const path = resolvedModule?.resolvedFileName ?? this.#findMapped(folder, specifier)
    if (path === undefined || path.includes('/node_modules/')) return undefined
    return /\.[mc]?[jt]sx?$/.test(path) && !/\.d\.[mc]?ts$/.test(path) ? path : undefined
  }

  /** What the `imports` of the nearest deno.json lead to: the longest key that fits, as Deno chooses it. */
  #findMapped(folder: string, specifier: string): string | undefined {
    const config = this.#nearest(folder, 'deno.json', 'deno.jsonc')
    if (config === undefined) return undefined
    const { imports }: { readonly imports?: unknown } = this.#ts.readConfigFile(config, host.readFile).config ?? {}
    const fitting = Object.entries(typeof imports === 'object' && imports !== null ? imports : {})
      .filter(([key]) => key === specifier || (key.endsWith('/') && specifier.startsWith(key)))
      .sort(([a], [b]) => b.length - a.length)
    const [key, target] = fitting[0] ?? []
    if (key === undefined || typeof target !== 'string' || !/^\.{0,2}\//.test(target)) return undefined
    const path = resolve(dirname(config), target + specifier.slice(key.length))
    return host.fileExists(path) ? path : undefined
  }

  /** The file with one of these names in a folder or the closest one above it. */
  #nearest(folder: string, ...names: readonly string[]): string | undefined {
    const found = names.flatMap((name) => this.#ts.findConfigFile(folder, host.fileExists, name) ?? [])
    return found.sort((a, b) => dirname(b).length - dirname(a).length)[0]
  }

  /** Those of the nearest tsconfig or jsconfig that matter to finding files. */
  #optionsFor(folder: string): TypeScript.CompilerOptions {
    const ts = this.#ts
    const config = this.#nearest(folder, 'tsconfig.json', 'jsconfig.json')
    const known = this.#compilerOptions.get(config)
    if (known !== undefined) return known
    const written =
      config === undefined
        ? {}
        : ts.parseJsonConfigFileContent(
            ts.readConfigFile(config, host.readFile).config,
            { ...host, useCaseSensitiveFileNames: true, readDirectory: () => [] },
            dirname(config),
            undefined,
            config,
          ).options
    const options = {
      ...written,
      allowJs: true,
      allowImportingTsExtensions: true,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    }
    this.#compilerOptions.set(config, options)
    return options
  }
}

/** The text of a file in one of the encodings TypeScript accepts: UTF-8, or UTF-16 with a byte order mark. */
export const decodeText = (bytes: Buffer): string => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return Buffer.from(bytes.subarray(2)).swap16().toString('utf16le')
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.toString('utf8', hasMark ? 3 : 0)
}

/** @throws VersiongenError `model-unreadable`. */
export const readBytes = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new VersiongenError('model-unreadable', `cannot read the file: ${String(cause)}`, {
      where: { file },
      hint: 'make it readable, or leave it out with --models',
      cause,
    })
  }
}

const readText = (file: string): string => decodeText(readBytes(file))

/** The parser keeps its complaints on the tree; asking a program for them would cost a binder and a checker. */
const syntaxProblems = (
  source: TypeScript.SourceFile & { readonly parseDiagnostics?: readonly TypeScript.DiagnosticWithLocation[] },
): readonly TypeScript.DiagnosticWithLocation[] => source.parseDiagnostics ?? []

const exists = (path: string): 'file' | 'folder' | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? 'file' : stats?.isDirectory() ? 'folder' : undefined
}

const host = {
  fileExists: (path: string): boolean => exists(path) === 'file',
  directoryExists: (path: string): boolean => exists(path) === 'folder',
  readFile: (path: string): string | undefined => (exists(path) === 'file' ? readText(path) : undefined),
}
