import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';
import { cacheFolder } from '../config/cache-folder.ts';

/**
 * Starts dist/cli.cjs with its compiled code kept between runs: half of the time that a command needs before it can
 * call the platform is compiling. Node.js does this itself from 22.1 on; below, the code cache of V8 is used directly.
 * Nothing depends on it: a cache that is missing, foreign or stale is ignored, and replaced where that is possible.
 */
function load(bundle: string): void {
  const enable = (nodeModule as { enableCompileCache?: (folder: string) => unknown }).enableCompileCache;
  if (enable !== undefined) {
    enable(cacheFolder());
    createRequire(bundle)(bundle);
    return;
  }
  const { size, mtimeMs } = statSync(bundle);
  const wanted = `${process.version} ${process.arch} ${size} ${mtimeMs}`;
  const file = join(cacheFolder(), `${bundle.replace(/[^A-Za-z0-9]+/g, '-').slice(-150)}-${kindOf(process.argv.slice(2))}`);
  const cachedData = read(file, wanted);
  // The bundle is pure ASCII, which latin1 reads without a copy.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
  const script = new Script(source, {
    filename: bundle,
    ...(cachedData === undefined ? {} : { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cachedData === undefined || script.cachedDataRejected) {
    // Only what has run is compiled: what is kept is what a command line of this kind needs when it goes well.
    process.once('exit', (code) => { if (code === 0) write(file, wanted, script.createCachedData()); });
  }
  const module = { exports: {} };
  (script.runInThisContext() as (...names: unknown[]) => void)(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
}

/** Command lines that run the same code, more or less: `create-job`, `list-pipelines`, `help`. One cache for all would be slow to read. */
function kindOf(words: readonly string[]): string {
  if (words.length === 0 || words.includes('--help') || words.includes('-h')) return 'help';
  const [first = '', second = ''] = words;
  const noun = /^(pipeline|job|payload|model)s?$/.exec(second)?.[1];
  return /^[a-z]{1,20}$/.test(first) ? [first, ...(noun === undefined ? [] : [noun])].join('-') : 'other';
}

/** Compiled code behind a line that says what it was made from. */
function read(file: string, wanted: string): Buffer | undefined {
  try {
    // Compiled code is as good as a program: it must be our own.
    if (statSync(file).uid !== process.getuid?.()) return undefined;
    const content = readFileSync(file);
    const end = content.indexOf('\n');
    return content.toString('latin1', 0, end) === wanted ? content.subarray(end + 1) : undefined;
  } catch {
    return undefined;
  }
}

function write(file: string, wanted: string, code: Buffer): void {
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([Buffer.from(`${wanted}\n`), code]), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch {
    // No home, no space: the next run compiles again.
    rmSync(temporary, { force: true });
  }
}

load(join(__dirname, 'cli.cjs'));
