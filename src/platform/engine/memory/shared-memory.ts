import { chmodSync, chownSync, closeSync, constants, existsSync, fstatSync, ftruncateSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, rmdirSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ClaraError, systemCode } from '../../../core/errors.ts';
import { dataBytes, dataOffset, decodeHeader, encodeHeader, headerBytes, isStatic, shapeProblem } from '../../../pipeline/memory/header.ts';
import { type MemoryType } from '../../../pipeline/model.ts';
import { removeTree } from '../../../system/remove-tree.ts';
import { type RunPlan } from '../plan.ts';
import { description, descriptionOf, type MemoryEntry } from './plan.ts';

/** Where a Linux machine has memory as files. */
export const memoryRoot = '/dev/shm';

/**
 * The arrays that operators hand on in shared memory: a folder for each job that nobody else may enter, in it one for each
 * operator, in it a file for each output. They go when the job ends.
 */
export class SharedMemory {
  readonly #root: string;
  readonly #owner: { readonly uid: number; readonly gid: number } | undefined;

  /**
   * @param name of the folder of this platform
   * @param owner whose files become, where this platform may give them away
   */
  constructor(name: string, owner: { readonly uid: number; readonly gid: number } | undefined, root = memoryRoot) {
    this.#root = join(root, name);
    this.#owner = owner;
  }

  jobFolder(jobId: string): string {
    return join(this.#root, jobId);
  }

  /**
   * Makes the files that an operator writes, and looks at those that it reads: the plan comes back with their true shapes.
   * Throws where an input is gone or is not what is declared, and where there is no room.
   */
  prepare(plan: RunPlan): RunPlan {
    const { memory } = plan;
    const inputs = memory.inputs.map((input) => {
      const found = this.#read(input, `input ${input.name}`, `operator ${input.from}`);
      return { ...input, type: { ...input.type, shape: found.shape } };
    });
    if (memory.outputs.length > 0) this.#make(plan);
    return { ...plan, memory: { ...memory, inputs } };
  }

  /** Checks what an operator has written that succeeded, and closes it to further writing. Throws where it is not what is declared. */
  complete({ memory, title }: RunPlan): void {
    for (const output of memory.outputs) {
      const found = this.#read(output, `output ${output.name}`, title);
      // The operator may have put anything in the place of its description.
      rmSync(descriptionOf(output.source), { recursive: true, force: true });
      writeFileSync(descriptionOf(output.source), description({ ...output, type: { ...output.type, shape: found.shape } }), { flag: 'wx' });
      for (const file of [output.source, descriptionOf(output.source)]) {
        if (this.#owner !== undefined) chownSync(file, this.#owner.uid, this.#owner.gid);
        chmodSync(file, 0o644);
      }
    }
    if (memory.outputs.length > 0) {
      if (this.#owner !== undefined) chownSync(memory.folder, this.#owner.uid, this.#owner.gid);
      chmodSync(memory.folder, 0o755);
    }
  }

  /** Removes all that a job has. */
  async remove(jobId: string): Promise<void> {
    if (!existsSync(this.jobFolder(jobId))) return;
    await removeTree(this.jobFolder(jobId));
    try {
      rmdirSync(this.#root);
    } catch (thrown) {
      if (!['ENOTEMPTY', 'ENOENT'].includes(systemCode(thrown) ?? '')) throw thrown;
    }
  }

  /** Removes what earlier platforms left, but for jobs that go on. */
  async sweep(active: ReadonlySet<string>): Promise<void> {
    if (!existsSync(this.#root)) return;
    for (const jobId of readdirSync(this.#root)) if (!active.has(jobId)) await this.remove(jobId);
  }

  #make({ memory, title, backend }: RunPlan): void {
    this.#claim();
    mkdirSync(join(memory.folder, '..'), { recursive: true, mode: 0o700 });
    rmSync(memory.folder, { recursive: true, force: true });
    mkdirSync(memory.folder);
    const wanted = memory.outputs.reduce((sum, { type }) => sum + dataOffset + (isStatic(type) ? dataBytes(type) ?? Number.MAX_SAFE_INTEGER : 0), 0);
    const { bavail, bsize } = statfsSync(memory.folder);
    if (wanted > bavail * bsize) {
      throw new ClaraError('failed', `the outputs of ${title} take ${megabytes(wanted)} MB of shared memory, and ${megabytes(bavail * bsize)} MB are free`, {
        hint: `make ${memoryRoot} larger: mount -o remount,size=… ${memoryRoot}`,
      });
    }
    for (const output of memory.outputs) makeFile(output);
    // Not by the mode of mkdir, which the umask cuts. The folder above keeps everybody else out.
    const shared = backend === 'docker';
    chmodSync(memory.folder, shared ? 0o777 : 0o755);
    for (const { source } of memory.outputs) chmodSync(source, shared ? 0o666 : 0o644);
  }

  /** Makes the folder of this platform. Everybody may make folders beside it: one that is not ours is not used. */
  #claim(): void {
    try {
      mkdirSync(this.#root, { mode: 0o700 });
    } catch (thrown) {
      if (systemCode(thrown) !== 'EEXIST') throw new ClaraError('failed', `there is no shared memory at ${this.#root} (${systemCode(thrown) ?? String(thrown)})`, { cause: thrown });
    }
    const stats = lstatSync(this.#root);
    if (!stats.isDirectory() || stats.uid !== process.getuid?.()) throw new ClaraError('failed', `${this.#root} belongs to somebody else`, { hint: 'remove it' });
    chmodSync(this.#root, 0o700);
  }

  /** The header of an entry that holds what is declared. */
  #read(entry: MemoryEntry, what: string, writer: string): MemoryType {
    const problem = (clause: string, cause?: unknown) => new ClaraError('failed', `${what} in shared memory, written by ${writer}, ${clause}`, { cause });
    let file: number;
    try {
      file = openSync(entry.source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (thrown) {
      throw problem(systemCode(thrown) === 'ENOENT' ? 'is gone' : `cannot be read (${systemCode(thrown) ?? String(thrown)})`, thrown);
    }
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.nlink !== 1) throw problem('is no regular file of its own');
      const bytes = new Uint8Array(headerBytes);
      const header = decodeHeader(bytes.subarray(0, readSync(file, bytes, 0, headerBytes, 0)));
      if (typeof header === 'string') throw problem(header);
      const wrong = shapeProblem(entry.type, header);
      if (wrong !== undefined) throw problem(wrong);
      const end = header.dataOffset + (dataBytes(header) ?? Number.POSITIVE_INFINITY);
      if (stats.size < end) throw problem(`is ${stats.size} bytes long, and its shape needs ${end}`);
      return header;
    } finally {
      closeSync(file);
    }
  }
}

function makeFile(output: MemoryEntry): void {
  const file = openSync(output.source, 'wx', 0o644);
  try {
    ftruncateSync(file, dataOffset + (isStatic(output.type) ? dataBytes(output.type)! : 0));
    writeSync(file, encodeHeader(output.type), 0, undefined, 0);
  } finally {
    closeSync(file);
  }
  writeFileSync(descriptionOf(output.source), description(output));
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1_000_000);
