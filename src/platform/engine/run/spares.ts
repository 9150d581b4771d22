import { relative, join } from 'node:path';
import { type Logger } from '../../../system/log.ts';
import { type Backend, type PreparedRun } from '../../backends/backend.ts';
import { type JobRun, type OperatorRun } from '../job-run.ts';
import { type Entry, type RunPlan } from '../plan.ts';
import { clearRunFolder, prepareRunFolder } from './run-folder.ts';

/** Runs that are kept set up: setting one up takes longer than a short operator runs, and several at once not much longer than one. */
const most = 8;
/** Milliseconds that a run is kept: who waits longer will not notice the few that it takes to set it up, and a sandbox shows the host as it was. */
const keptMs = 2000;

export interface SpareOptions {
  readonly plan: (operator: OperatorRun) => RunPlan;
  readonly backend: (plan: RunPlan) => Backend;
  /** Whether more than its folders must be there before an operator can run. */
  readonly needsMore: (operator: OperatorRun) => boolean;
  readonly isCurrent: (job: JobRun) => boolean;
  readonly log: Logger;
}

/** A run that is set up. */
export interface Spare {
  readonly plan: RunPlan;
  readonly run: PreparedRun;
}

interface KeptSpare extends Spare {
  /** Unfinished operators whose outputs it is to read, and the runs that it counts on. */
  readonly sources: readonly { readonly operator: OperatorRun; readonly plan: RunPlan }[];
  readonly expiry: NodeJS.Timeout;
}

/**
 * Sets up operators before it is their turn, while others run: one that then begins has its sandbox already. It reads the
 * outputs of one that still runs from where they are being written; they are moved into the payload before it begins.
 * Nothing of this is state: what is set up and never begins leaves nothing behind.
 */
export class Spares {
  readonly #options: SpareOptions;
  readonly #spares = new Map<OperatorRun, KeptSpare>();
  readonly #leaving = new Map<OperatorRun, Promise<void>>();
  /** Runs whose outputs are being moved, or have been. */
  readonly #moved = new WeakSet<RunPlan>();
  /** Those that are started the ordinary way. */
  readonly #passed = new WeakSet<OperatorRun>();
  #candidates: Iterator<OperatorRun> | undefined;
  #turn: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  /** Sets up the first few of those that may be next, one in each turn of the event loop, and lets go of what is not needed any more. */
  refill(candidates: Iterable<OperatorRun>): void {
    this.#prune();
    if (this.#closed || this.#spares.size >= most) return;
    this.#candidates = candidates[Symbol.iterator]();
    this.#turn ??= setImmediate(() => this.#next());
  }

  /** What is set up for an operator that is to begin; undefined where nothing is. */
  take(operator: OperatorRun): Spare | undefined {
    const spare = this.#spares.get(operator);
    if (spare === undefined) return undefined;
    if (!this.#counts(operator, spare)) {
      this.#drop(operator);
      return undefined;
    }
    this.#forget(operator, spare);
    return spare;
  }

  /** The end of what was set up for an operator and is not used; undefined where there is nothing to wait for. */
  leaving(operator: OperatorRun): Promise<void> | undefined {
    return this.#leaving.get(operator);
  }

  /** Resolves when the outputs of an operator can be moved: what is to read them has found them, and nothing else looks for them there. */
  async settled(operator: OperatorRun): Promise<void> {
    if (operator.plan !== undefined) this.#moved.add(operator.plan);
    const readers = [...this.#spares.values()].filter(({ sources }) => sources.some((source) => source.operator === operator));
    await Promise.all(readers.map(({ run }) => run.ready));
  }

  /** Lets go of everything; resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#closed = true;
    clearImmediate(this.#turn);
    for (const operator of [...this.#spares.keys()]) this.#drop(operator);
    await Promise.all(this.#leaving.values());
  }

  #next(): void {
    this.#turn = undefined;
    for (let entry = this.#candidates?.next(); entry !== undefined && entry.done !== true; entry = this.#candidates?.next()) {
      if (this.#closed || this.#spares.size >= most) return;
      if (!this.#prepare(entry.value)) continue;
      this.#turn = setImmediate(() => this.#next());
      return;
    }
  }

  /** Whether it was set up now. */
  #prepare(operator: OperatorRun): boolean {
    if (operator.status !== 'pending' || this.#spares.has(operator) || this.#leaving.has(operator) || this.#passed.has(operator)) return false;
    try {
      const plan = this.#options.plan(operator);
      const read = this.#sources(operator, plan);
      if (read === undefined || !this.#isPlain(operator, plan)) return false;
      prepareRunFolder(plan);
      const run = this.#options.backend(plan).prepare({ ...plan, inputs: read.inputs });
      const expiry = setTimeout(() => this.#expire(operator), keptMs).unref();
      this.#spares.set(operator, { plan, run, sources: read.sources, expiry });
      return true;
    } catch (thrown) {
      // Whatever it is, it is met again when the operator is started, and is its outcome then.
      this.#options.log.debug({ err: thrown, job: operator.job.id, operator: operator.definition.name }, 'an operator cannot be set up ahead');
      this.#passed.add(operator);
      return false;
    }
  }

  #isPlain(operator: OperatorRun, plan: RunPlan): boolean {
    const { memory, demand } = plan;
    const plain = demand.gpus === 0 && memory.inputs.length === 0 && memory.outputs.length === 0
      && !this.#options.needsMore(operator) && this.#options.backend(plan).canPrepare(plan);
    if (!plain) this.#passed.add(operator);
    return plain;
  }

  /** Where the inputs are now; undefined where one is nowhere yet. */
  #sources({ job, definition }: OperatorRun, plan: RunPlan): Pick<KeptSpare, 'sources'> & { readonly inputs: readonly Entry[] } | undefined {
    const sources = (job.graph.dependencies.get(definition.name) ?? []).map((name) => job.byName.get(name)!)
      .filter(({ status }) => status !== 'completed').map((operator) => ({ operator, plan: this.#planOf(operator) }));
    if (!sources.every(isReadable) || sources.some((source) => this.#moved.has(source.plan))) return undefined;
    const inputs = plan.inputs.map((input) => {
      const source = sources.find(({ plan: { publish } }) => `${input.source}/`.startsWith(`${publish.to}/`));
      return source === undefined ? input : { ...input, source: join(source.plan.publish.from, relative(source.plan.publish.to, input.source)) };
    });
    return { sources, inputs };
  }

  #planOf(operator: OperatorRun): RunPlan | undefined {
    return operator.status === 'pending' ? this.#spares.get(operator)?.plan : operator.plan;
  }

  #counts({ job }: OperatorRun, { run, sources }: KeptSpare): boolean {
    return run.isUsable() && this.#options.isCurrent(job) && job.stopping === undefined && !job.failed
      && sources.every(({ operator, plan }) => this.#planOf(operator) === plan);
  }

  #prune(): void {
    // Those that count on one that is let go are let go, too: they were set up after it.
    for (const [operator, spare] of this.#spares) if (operator.status !== 'pending' || !this.#counts(operator, spare)) this.#drop(operator);
  }

  #expire(operator: OperatorRun): void {
    this.#passed.add(operator);
    this.#drop(operator);
    this.#prune();
  }

  #drop(operator: OperatorRun): void {
    const spare = this.#spares.get(operator)!;
    if (!spare.run.isUsable()) this.#passed.add(operator);
    this.#forget(operator, spare);
    const gone = spare.run.discard().then(() => clearRunFolder(spare.plan))
      .catch((thrown: unknown) => this.#options.log.warn({ err: thrown, job: operator.job.id, operator: operator.definition.name }, 'cannot remove what was set up for an operator'))
      .finally(() => this.#leaving.delete(operator));
    this.#leaving.set(operator, gone);
  }

  #forget(operator: OperatorRun, { expiry }: KeptSpare): void {
    clearTimeout(expiry);
    this.#spares.delete(operator);
  }
}

/** Whether a run has folders for its outputs, each where the operator cannot put something else in its place. */
function isReadable(source: { readonly operator: OperatorRun; readonly plan: RunPlan | undefined }): source is { operator: OperatorRun; plan: RunPlan } {
  const outputs = source.plan?.outputs ?? [];
  return outputs.length === 1 || (outputs.length > 1 && outputs.every(({ name }) => name !== ''));
}

/**
 * Operators in the order in which they may begin: those that wait for what runs, then those that wait for them. Those in line
 * wait for nothing but a processor, and what sets them up would take it from what runs.
 */
export function* upcoming(running: readonly OperatorRun[]): Generator<OperatorRun> {
  const line = [...running];
  const before = new Set(line);
  for (const { job, definition } of line) {
    for (const name of job.graph.dependents.get(definition.name) ?? []) {
      const operator = job.byName.get(name)!;
      const sources = job.graph.dependencies.get(name) ?? [];
      if (operator.status !== 'pending' || before.has(operator)) continue;
      if (!sources.every((source) => job.byName.get(source)!.status === 'completed' || before.has(job.byName.get(source)!))) continue;
      before.add(operator);
      line.push(operator);
      yield operator;
    }
  }
}
