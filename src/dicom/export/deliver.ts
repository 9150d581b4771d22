import { type ResultTask } from '../../core/results.ts';
import { type Logger } from '../../system/log.ts';
import { type InstanceFate } from '../store/exports.ts';
import { type AdapterStore } from '../store/store.ts';
import { type Targets } from './destinations.ts';
import { fetchFiles, NotNow, type Fetched, type FetchedFile, type FetchOptions } from './fetch.ts';
import { reasonsOf, tooMany, type Outcome } from './outcome.ts';
import { type Target } from './target.ts';

export interface DeliverOptions extends Omit<FetchOptions, 'signal'> {
  readonly store: AdapterStore;
  /** The share of files that may fail, 0 to 1. */
  readonly failureThreshold: number;
  /** Where a task goes. */
  readonly targets: (task: ResultTask) => Targets<Target>;
  /** Sends files to one destination; never throws. */
  readonly send: (target: Target, files: readonly FetchedFile[], signal: AbortSignal) => Promise<InstanceFate[]>;
  readonly log: Logger;
}

/** Delivers a task: its files are fetched, and sent to each destination that it names. @throws ClaraError `interrupted` */
export async function deliver({ uris, ...rest }: ResultTask, options: DeliverOptions, signal: AbortSignal): Promise<Outcome> {
  // A file that is named twice is one file.
  const task = { ...rest, uris: [...new Set(uris)] };
  const found = options.targets(task);
  if (found.kind === 'problem') return { kind: 'impossible', why: found.why };
  // A first attempt, or one that a person asked for, delivers everything.
  if (task.retries === 0) options.store.exports.forgetInstances(task.taskId);
  let fetched: Fetched;
  try {
    fetched = await fetchFiles(task.payloadId, task.uris, { ...options, signal });
  } catch (thrown) {
    if (thrown instanceof NotNow) return { kind: 'not now', why: thrown.message };
    throw thrown;
  }
  try {
    if (tooMany(fetched.failures.size, task.uris.length, options.failureThreshold)) {
      return { kind: 'impossible', why: `${fetched.failures.size} of ${task.uris.length} files cannot be sent: ${[...fetched.failures.values()][0]!}` };
    }
    return await sendToAll(task, found.targets, fetched, options, signal);
  } finally {
    await fetched.discard();
  }
}

async function sendToAll(task: ResultTask, targets: readonly Target[], { files, failures }: Fetched, { store, failureThreshold, send, log }: DeliverOptions, signal: AbortSignal): Promise<Outcome> {
  const missing = [...failures].map(([uri, why]): InstanceFate => ({ uri, sopInstance: undefined, delivered: false, status: why, isFinal: true }));
  const problems: string[] = [];
  let [failed, isHopeless] = [0, true];
  for (const target of targets) {
    const has = store.exports.delivered(task.taskId, target.name);
    const left = files.filter(({ uri }) => !has.has(uri));
    log.info({ task: task.taskId, job: task.jobId, destination: target.name, files: left.length, stored: has.size }, 'sending results');
    const fates = [...(left.length === 0 ? [] : await send(target, left, signal)), ...missing];
    signal.throwIfAborted();
    store.exports.record(task.taskId, target.name, fates);
    const bad = fates.filter(({ delivered }) => !delivered);
    // Names of files may hold who the patient is: only the UID is told.
    for (const { sopInstance, status } of bad) log.warn({ task: task.taskId, destination: target.name, sopInstance }, `an instance was not delivered: ${status}`);
    failed += bad.length;
    if (!tooMany(bad.length, task.uris.length, failureThreshold)) continue;
    problems.push(`${target.name}: ${reasonsOf(bad)}`);
    isHopeless &&= bad.every(({ isFinal }) => isFinal === true);
  }
  if (problems.length === 0) return { kind: 'delivered', failures: failed };
  return { kind: isHopeless ? 'impossible' : 'undelivered', why: problems.join('; ') };
}
