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
  const file = join(cacheFolder(), `code${bundle.replace(/[^A-Za-z0-9]+/g, '-').slice(-200)}.cache`);
  const kept = read(file, wanted);
  // The bundle is pure ASCII, which latin1 reads without a copy.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
  const script = new Script(source, {
    filename: bundle,
    ...(kept === undefined ? {} : { cachedData: kept.code }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const verbs = kept === undefined || script.cachedDataRejected ? [] : kept.verbs;
  const verb = process.argv[2] ?? '';
  // Only functions that have run are compiled, so the cache grows with every verb that is used for the first time.
  if (!verbs.includes(verb) && /^(-h|--help|[a-z]{0,20})$/.test(verb)) {
    process.once('exit', () => write(file, { verbs: [...verbs, verb], code: script.createCachedData() }, wanted));
  }
  const module = { exports: {} };
  (script.runInThisContext() as (...names: unknown[]) => void)(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
}

interface CodeCache {
  readonly verbs: readonly string[];
  readonly code: Buffer;
}

/** A line that says what the cache was made from, a line of verbs, the code. */
function read(file: string, wanted: string): CodeCache | undefined {
  try {
    // Compiled code is as good as a program: it must be our own.
    if (statSync(file).uid !== process.getuid?.()) return undefined;
    const content = readFileSync(file);
    const first = content.indexOf('\n');
    const second = content.indexOf('\n', first + 1);
    if (content.toString('utf8', 0, first) !== wanted) return undefined;
    return { verbs: content.toString('utf8', first + 1, second).split(' '), code: content.subarray(second + 1) };
  } catch {
    return undefined;
  }
}

function write(file: string, { verbs, code }: CodeCache, wanted: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([Buffer.from(`${wanted}\n${verbs.join(' ')}\n`), code]), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch {
    // No home, no space: the next run compiles again.
    rmSync(temporary, { force: true });
  }
}

load(join(__dirname, 'cli.cjs'));
