import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { cacheFolder } from '../config/cache-folder.ts';

/**
 * Starts a program of dist/, by its file's name, with its compiled code kept between runs: half of the time that a command
 * needs before it can call the platform is compiling. Node.js does this itself from 22.1 on; below, the code cache of V8 is
 * used directly. Nothing depends on it: a cache that is missing, foreign or stale is ignored, and replaced where that is
 * possible.
 */
export function load(name: string): void {
  const program = join(__dirname, name);
  const enable = (nodeModule as { enableCompileCache?: (folder: string) => unknown }).enableCompileCache;
  if (enable === undefined) {
    new CachingLoader(join(cacheFolder(), `${program.replace(/[^A-Za-z0-9]+/g, '-').slice(-150)}-${kindOf(process.argv.slice(2))}`)).require(program);
  } else {
    enable(cacheFolder());
    createRequire(program)(program);
  }
}

/** Command lines that run the same code, more or less: `create-job`, `list-pipeline`, `help`. One cache for all would be slow to read. */
function kindOf(words: readonly string[]): string {
  if (words.length === 0 || words.includes('--help') || words.includes('-h')) return 'help';
  const [first = '', second = ''] = words;
  const noun = /^(pipeline|job|payload|model)s?$/.exec(second)?.[1];
  return /^[a-z]{1,20}$/.test(first) ? [first, ...(noun === undefined ? [] : [noun])].join('-') : 'other';
}

/** Compiled code of one file, and the state of the file that it was made from. */
interface Compiled {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly code: Buffer;
}

type Wrapper = (exports: unknown, require: unknown, module: { exports: unknown }, filename: string, dirname: string) => void;

/** Loads the program's own CommonJS files; everything else is left to Node.js. */
class CachingLoader {
  readonly #kept: ReadonlyMap<string, Compiled>;
  readonly #modules = new Map<string, { exports: unknown }>();
  readonly #scripts: (Omit<Compiled, 'code'> & { readonly script: Script })[] = [];
  #complete = true;

  constructor(cacheFile: string) {
    this.#kept = read(cacheFile);
    // Only what has run is compiled: what is kept is what a command line of this kind needs when it goes well.
    process.once('exit', (code) => {
      if (code === 0 && !this.#complete) write(cacheFile, this.#scripts.map(({ script, ...file }) => ({ ...file, code: script.createCachedData() })));
    });
  }

  require(path: string): unknown {
    const known = this.#modules.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as unknown };
    this.#modules.set(path, module);
    const nodeRequire = createRequire(path);
    const ownOrNode = (id: string) => (id.startsWith('./') && id.endsWith('.cjs') ? this.require(join(dirname(path), id)) : nodeRequire(id) as unknown);
    (this.#compile(path).runInThisContext() as Wrapper)(module.exports, ownOrNode, module, path, dirname(path));
    return module.exports;
  }

  #compile(path: string): Script {
    const { size, mtimeMs } = statSync(path);
    const kept = this.#kept.get(path);
    const fits = kept !== undefined && kept.size === size && kept.mtimeMs === mtimeMs;
    // The files are pure ASCII, which latin1 reads without a copy.
    const script = new Script(`(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'latin1')}\n})`, {
      filename: path,
      ...(fits ? { cachedData: kept.code } : {}),
    });
    if (!fits || script.cachedDataRejected === true) this.#complete = false;
    this.#scripts.push({ path, size, mtimeMs, script });
    return script;
  }
}

const format = `${process.version} ${process.arch} 1`;

/** What was kept: a line that says for which Node.js, a line of JSON about the files, their code. */
function read(cacheFile: string): Map<string, Compiled> {
  try {
    // Compiled code is as good as a program: it must be our own.
    if (statSync(cacheFile).uid !== process.getuid?.()) return new Map();
    const content = readFileSync(cacheFile);
    const first = content.indexOf('\n');
    const second = content.indexOf('\n', first + 1);
    if (content.toString('latin1', 0, first) !== format) return new Map();
    const files = JSON.parse(content.toString('utf8', first + 1, second)) as (Omit<Compiled, 'code'> & { length: number })[];
    let start = second + 1;
    return new Map(files.map(({ length, ...file }) => [file.path, { ...file, code: content.subarray(start, (start += length)) }]));
  } catch {
    return new Map();
  }
}

function write(cacheFile: string, files: readonly Compiled[]): void {
  const temporary = `${cacheFile}.${process.pid}`;
  try {
    mkdirSync(dirname(cacheFile), { recursive: true, mode: 0o700 });
    const about = files.map(({ code, ...file }) => ({ ...file, length: code.length }));
    const content = Buffer.concat([Buffer.from(`${format}\n${JSON.stringify(about)}\n`), ...files.map(({ code }) => code)]);
    writeFileSync(temporary, content, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, cacheFile);
  } catch {
    // No home, no space: the next run compiles again.
    try {
      rmSync(temporary, { force: true });
    } catch {
      // A folder that we may not look into holds nothing of ours.
    }
  }
}
