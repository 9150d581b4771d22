import { randomUUID } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { removeTree } from '../../system/remove-tree.ts';
import { npmInstall } from '../../tools/npm.ts';
import { isFile, prefix } from './find.ts';
import { readSidecar } from './sidecar.ts';
import { exists, keptName, type PluginSource } from './source.ts';

/**
 * The user's plugins: `clara-x` files, or links into `packages/`, where folders and npm packages are kept whole, one
 * folder each. Whatever is written gets its name when it is complete.
 */
export class PluginStore {
  readonly folder: string;
  readonly #packages: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#packages = join(folder, 'packages');
  }

  /** Makes everything ready under a temporary name, and tells which files it will be; `commit` puts it in place, `discard` takes it away. */
  async prepare(source: PluginSource, signal: AbortSignal): Promise<Prepared> {
    try {
      switch (source.kind) {
        case 'program': return this.#prepareProgram(source.path);
        case 'folder': return await this.#stage((stage) => copyFolder(source.path, source.programs, stage));
        case 'package': return await this.#stage((stage) => installPackage(source.spec, stage, signal));
      }
    } catch (thrown) {
      throw this.#explain(thrown);
    }
  }

  /** Which of these files are there already. */
  async installed(fileNames: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(fileNames.map((name) => exists(join(this.folder, name))));
    return fileNames.filter((_, index) => found[index]);
  }

  /** Removes a plugin, its sidecar, and what was installed with it when no other plugin needs it. */
  async remove(fileName: string): Promise<void> {
    try {
      const kept = await this.#keptOf(fileName);
      await rm(join(this.folder, fileName));
      await rm(join(this.folder, `${fileName}.json`), { force: true });
      if (kept !== undefined && (await this.#linksInto(kept)).length === 0) await removeTree(join(this.#packages, kept));
    } catch (thrown) {
      throw this.#explain(thrown);
    }
  }

  #prepareProgram(path: string): Prepared {
    const name = basename(path);
    return {
      fileNames: [name],
      discard: () => Promise.resolve(),
      commit: () => this.#guarded(async () => {
        await mkdir(this.folder, { recursive: true });
        await this.#forget(name);
        await this.#put(name, async (temporary) => {
          await copyFile(path, temporary);
          await chmod(temporary, 0o755);
        });
        if (isFile(`${path}.json`)) await this.#put(`${name}.json`, (temporary) => copyFile(`${path}.json`, temporary));
      }),
    };
  }

  async #stage(fill: (stage: string) => Promise<Staged>): Promise<Prepared> {
    const stage = join(this.#packages, `.new-${randomUUID()}`);
    const discard = () => removeTree(stage);
    try {
      await mkdir(stage, { recursive: true });
      const { name, programs, summary } = await fill(stage);
      const place = join(this.#packages, name);
      const commit = async () => {
        const stale = await this.#linksInto(name);
        for (const fileName of new Set([...stale, ...programs.keys()])) await this.#forget(fileName, name);
        await removeTree(place);
        await rename(stage, place);
        for (const [fileName, file] of programs) {
          await this.#put(fileName, (temporary) => symlink(relative(this.folder, join(place, file)), temporary));
          if (summary !== undefined && readSidecar(join(this.folder, fileName)).summary === undefined) {
            await writeFileAtomically(join(this.folder, `${fileName}.json`), `${JSON.stringify({ summary })}\n`);
          }
        }
      };
      return { fileNames: [...programs.keys()], commit: () => this.#guarded(commit), discard };
    } catch (thrown) {
      await discard();
      throw thrown;
    }
  }

  /** Removes what is to be replaced, but for the package that is named. */
  async #forget(fileName: string, but?: string): Promise<void> {
    if (!await exists(join(this.folder, fileName))) return;
    const kept = await this.#keptOf(fileName);
    await rm(join(this.folder, fileName), { force: true });
    await rm(join(this.folder, `${fileName}.json`), { force: true });
    if (kept !== undefined && kept !== but && (await this.#linksInto(kept)).length === 0) await removeTree(join(this.#packages, kept));
  }

  /** Writes an entry of the folder that appears as a whole. */
  async #put(name: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = join(this.folder, `.${name}.${randomUUID()}`);
    try {
      await write(temporary);
      await rename(temporary, join(this.folder, name));
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** The name of the folder in packages/ that a plugin is a link into. */
  async #keptOf(fileName: string): Promise<string | undefined> {
    let target: string;
    try {
      target = resolve(this.folder, await readlink(join(this.folder, fileName)));
    } catch {
      // A program of its own.
      return undefined;
    }
    return target.startsWith(this.#packages + sep) ? target.slice(this.#packages.length + 1).split(sep)[0] : undefined;
  }

  async #linksInto(kept: string): Promise<readonly string[]> {
    const names = (await readdir(this.folder)).filter((name) => name.startsWith(prefix));
    const found = await Promise.all(names.map((name) => this.#keptOf(name)));
    return names.filter((_, index) => found[index] === kept);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      throw this.#explain(thrown);
    }
  }

  #explain(thrown: unknown): unknown {
    if (thrown instanceof ClaraError) return thrown;
    return new ClaraError('failed', `the plugin folder ${this.folder} cannot be changed (${messageOf(thrown)})`, { cause: thrown, hint: 'make it writable, or choose another home with CLARA_HOME' });
  }
}

/** A plugin that is ready to be put in place. */
export interface Prepared {
  readonly fileNames: readonly string[];
  readonly commit: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

interface Staged {
  /** Of its folder in packages/. */
  readonly name: string;
  /** Where the programs lie in it, by the names that they get. */
  readonly programs: ReadonlyMap<string, string>;
  /** For programs that have no sidecar. */
  readonly summary: string | undefined;
}

async function copyFolder(path: string, programs: readonly string[], stage: string): Promise<Staged> {
  await cp(path, stage, { recursive: true, verbatimSymlinks: true, filter: (from) => basename(from) !== '.git' });
  return { name: keptName('folder', path), programs: new Map(programs.map((name) => [name, name])), summary: undefined };
}

async function installPackage(spec: string, stage: string, signal: AbortSignal): Promise<Staged> {
  await writeFile(join(stage, 'package.json'), '{ "private": true }\n');
  await npmInstall(stage, spec, signal);
  const { dependencies = {} } = JSON.parse(await readFile(join(stage, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
  const name = Object.keys(dependencies)[0]!;
  const folder = join('node_modules', name);
  const { bin, description } = JSON.parse(await readFile(join(stage, folder, 'package.json'), 'utf8')) as PackageFile;
  const programs = Object.entries(typeof bin === 'string' ? { [name.slice(name.indexOf('/') + 1)]: bin } : bin ?? {}).filter(([key]) => key.startsWith(prefix));
  if (programs.length === 0) throw new ClaraError('usage', `the package ${name} has no program whose name begins with \`${prefix}\``, { hint: 'it has to name one under "bin" in its package.json' });
  for (const [program, file] of programs) {
    if (!isFile(join(stage, folder, file))) throw new ClaraError('usage', `the package ${name} has no file ${file}, which is to be ${program}`, { hint: 'it may have to be built first: `npm install && npm run build` in its folder' });
    await chmod(join(stage, folder, file), 0o755);
  }
  return { name: keptName('package', name), programs: new Map(programs.map(([key, file]) => [key, join(folder, file)])), summary: typeof description === 'string' ? description : undefined };
}

/** What is read of a package.json; npm has checked it. */
interface PackageFile {
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly description?: unknown;
}
