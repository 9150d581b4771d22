import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { WireCode } from '../../api/wire-codes.ts';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { foldName } from '../../core/names.ts';
import { hasEnded } from '../../core/states.ts';
import { type JobRecord } from '../store/job-records.ts';
import { conditionOf, operatorConditions, type SqliteJobStore } from '../store/jobs.ts';
import { runFolder } from './plan.ts';

export interface LogOptions {
  /** Wait for more until the operator has ended. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Bytes read, and thereby held, at a time. */
const blockBytes = 256 * 1024;
/** Characters; what is longer goes on in the next line. */
const longestLine = 64 * 1024;
const pollMs = 100;

/** The log of one operator in batches of lines; see Engine.readLogs. Memory does not grow with the log. */
export async function* operatorLog(
  jobs: SqliteJobStore, job: JobRecord, jobFolder: string, operator: string, { follow, signal }: LogOptions,
): AsyncGenerator<readonly string[]> {
  const operators = jobs.operators(job.id);
  const row = operators.find(({ name }) => foldName(name) === foldName(operator));
  if (row === undefined) {
    throw new ClaraError('not-found', `job ${job.id} has no operator ${JSON.stringify(operator)}`, {
      wireCode: WireCode.missingJob, hint: `it has ${operators.map(({ name }) => name).join(', ')}`,
    });
  }
  const path = join(runFolder(jobFolder, row.name), 'log');
  const lines = new LineSplitter();
  let file: FileHandle | undefined;
  try {
    while (!signal.aborted) {
      // Asked before the file is read: what an ended operator wrote is all there.
      const over = !follow || isOver(jobs, job.id, row.position);
      file ??= await openIfThere(path);
      if (file !== undefined) yield* readOn(file, lines, signal);
      if (over) break;
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
    const rest = lines.end();
    if (rest.length > 0 && !signal.aborted) yield rest;
  } finally {
    await file?.close();
  }
}

/** Whether nothing more will be written: the operator has ended, or its job has without it. */
function isOver(jobs: SqliteJobStore, jobId: string, position: number): boolean {
  const status = operatorConditions[jobs.operators(jobId)[position]!.status];
  return status === 'completed' || status === 'faulted' || hasEnded(conditionOf(jobs.get(jobId)!));
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

async function* readOn(file: FileHandle, lines: LineSplitter, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  const block = Buffer.allocUnsafe(blockBytes);
  while (!signal.aborted) {
    const { bytesRead } = await file.read(block, 0, blockBytes);
    if (bytesRead === 0) return;
    const batch = lines.add(block.subarray(0, bytesRead));
    if (batch.length > 0) yield batch;
  }
}

/** Cuts bytes into lines, across the borders of blocks. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The lines that these bytes complete. */
  add(bytes: Buffer): string[] {
    const parts = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = parts.pop()!;
    const lines = parts.flatMap((line) => pieces(withoutReturn(line)));
    if (this.#rest.length > longestLine) {
      const cut = pieces(this.#rest);
      this.#rest = cut.pop()!;
      lines.push(...cut);
    }
    return lines;
  }

  /** The last line, where it has no end. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return rest === '' ? [] : pieces(withoutReturn(rest));
  }
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);

function pieces(line: string): string[] {
  if (line.length <= longestLine) return [line];
  const cut: string[] = [];
  for (let at = 0, next = 0; at < line.length; at = next) {
    next = at + longestLine;
    // Not through the middle of a character of two units.
    if (next < line.length && /[\ud800-\udbff]/.test(line[next - 1]!)) next -= 1;
    cut.push(line.slice(at, next));
  }
  return cut;
}
