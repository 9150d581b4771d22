import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type Logger } from '../../../system/log.ts';
import { type Backend, type FoundOperator, type OperatorEnd, type RunningOperator } from '../../backends/backend.ts';
import { failureMessages } from './failure.ts';
import { type JobRun, type OperatorRun } from '../job-run.ts';
import { type SharedMemory } from '../memory/shared-memory.ts';
import { cleanOutputs, publishOutputs, type Removed } from './outputs.ts';
import { type Attachment, type BackendName, type RunPlan } from '../plan.ts';
import { removeTree } from '../../../system/remove-tree.ts';
import { prepareRunFolder, removeLeftovers } from './run-folder.ts';
import { Spares } from './spares.ts';
import { stopRun } from './stop-run.ts';

/** What a run came to. `leftovers`: something of it is still to be removed. */
export type Outcome =
  | { readonly kind: 'completed'; readonly messages: readonly string[]; readonly leftovers: boolean }
  /** Stopped together with the platform, and nothing of it is left: it is to run afresh. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'faulted'; readonly exitCode: number | undefined; readonly lost: boolean; readonly messages: readonly string[]; readonly leftovers: boolean };

export interface RunnerOptions {
  readonly backends: ReadonlyMap<BackendName, Backend>;
  readonly plan: (operator: OperatorRun, attachment?: Attachment) => RunPlan;
  /** How to make available what an operator needs besides its run; undefined where it needs nothing. Rejects when the signal fires. */
  readonly attach: (operator: OperatorRun) => ((signal: AbortSignal) => Promise<Attachment>) | undefined;
  /** Whether an operator needs anything besides its run. */
  readonly needsMore: (operator: OperatorRun) => boolean;
  /** Whether a job is still one of this engine's. */
  readonly isCurrent: (job: JobRun) => boolean;
  readonly memory: SharedMemory;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly log: Logger;
  readonly onEnd: (operator: OperatorRun, outcome: Outcome) => void;
}

/** Removed outputs that are named in a message. */
const namedRemovals = 5;

/** Runs operators: prepares their folder, hands them to a backend, stops them, and publishes what they made. */
export class OperatorRunner {
  readonly #options: RunnerOptions;
  readonly #spares: Spares;
  readonly #busy = new Set<Promise<void>>();
  readonly #detachment = new AbortController();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#spares = new Spares({ ...options, backend: (plan) => this.#backend(plan) });
  }

  /** Sets up some of the operators that may be next. */
  prepare(candidates: Iterable<OperatorRun>): void {
    this.#spares.refill(candidates);
  }

  /** Starts an operator that is recorded as running, once what it needs is there. Whatever goes wrong is its outcome. */
  launch(operator: OperatorRun, gpus: readonly number[]): void {
    const attach = this.#options.attach(operator);
    if (attach === undefined) return this.#startNow(operator, gpus);
    const stopped = operator.preparing = new AbortController();
    this.#track(attach(AbortSignal.any([stopped.signal, this.#detachment.signal]))
      .then((attachment) => this.#start(operator, gpus, attachment), (thrown: unknown) => this.#follow(operator, this.#notStarted(operator, thrown))));
  }

  /** With what is set up for it already, where there is something. */
  #startNow(operator: OperatorRun, gpus: readonly number[]): void {
    const spare = operator.stopSent || this.#detachment.signal.aborted ? undefined : this.#spares.take(operator);
    if (spare !== undefined) {
      operator.plan = spare.plan;
      operator.running = spare.run.begin();
      void operator.running.ended.then((end) => {
        if (this.#detachment.signal.aborted) return;
        // What could not be set up in the end has not begun.
        if (spare.run.hasBegun() || operator.stopSent) this.#track(this.#settle(operator, end));
        else this.#start(operator, gpus);
      });
      return;
    }
    const leaving = this.#spares.leaving(operator);
    if (leaving === undefined) this.#start(operator, gpus);
    else this.#track(leaving.then(() => this.#start(operator, gpus)));
  }

  #start(operator: OperatorRun, gpus: readonly number[], attachment?: Attachment): void {
    if (this.#detachment.signal.aborted) return;
    let ended: Promise<OperatorEnd>;
    try {
      if (operator.stopSent) throw new ClaraError('interrupted', 'it was stopped before it began');
      const plan = operator.plan = this.#options.memory.prepare(this.#options.plan(operator, attachment));
      prepareRunFolder(plan);
      operator.running = this.#backend(plan).start(plan, gpus);
      ended = operator.running.ended;
    } catch (thrown) {
      ended = this.#notStarted(operator, thrown);
    }
    this.#follow(operator, ended);
  }

  #notStarted(operator: OperatorRun, thrown: unknown): Promise<OperatorEnd> {
    const known = thrown instanceof ClaraError ? thrown : undefined;
    if (known === undefined && !operator.stopSent) this.#options.log.error({ err: thrown, job: operator.job.id, operator: operator.definition.name }, 'cannot start an operator');
    return Promise.resolve({ kind: 'not-started', reason: messageOf(thrown), hint: known?.hint, details: known?.details ?? [] });
  }

  /** Finds out what became of an operator that an earlier platform started. */
  find(operator: OperatorRun, backend: BackendName): Promise<FoundOperator> {
    const plan = operator.plan = { ...this.#options.plan(operator), backend };
    return this.#backend(plan).attach(plan);
  }

  /** Goes on with an operator that was found running. */
  adopt(operator: OperatorRun, running: RunningOperator): void {
    operator.running = running;
    this.#follow(operator, running.ended);
  }

  /** Goes on with an operator that was found ended. */
  conclude(operator: OperatorRun, end: OperatorEnd): void {
    this.#follow(operator, Promise.resolve(end));
  }

  /** Asks an operator to end, and after the grace ends it with all that it has started. Its outcome is reported as always. */
  stop(operator: OperatorRun): void {
    if (operator.stopSent) return;
    operator.stopSent = true;
    operator.preparing?.abort();
    if (operator.running !== undefined) this.#track(stopRun(operator.running, this.#options.graceMs, this.#detachment.signal));
  }

  /** The same for the platform's sake: it is to run afresh later, and its outcome says so. */
  interrupt(operator: OperatorRun): void {
    if (operator.stopSent) return;
    operator.interrupted = true;
    this.stop(operator);
  }

  /** Removes what an ended run has left. */
  async clean(backend: BackendName, run: { readonly jobId: string; readonly operator: string }, folder: string): Promise<void> {
    await this.#options.backends.get(backend)?.clean(run);
    await removeLeftovers(folder);
  }

  /** Removes what an earlier platform may have set up for an operator that never began. */
  async sweep(operator: OperatorRun): Promise<void> {
    await removeTree(this.#options.plan(operator).folder);
  }

  /** Removes all of a run, so that it can be made afresh. */
  async forget({ plan }: OperatorRun): Promise<void> {
    if (plan === undefined) return;
    await this.#backend(plan).clean(plan);
    await removeTree(plan.folder);
  }

  /** Lets operators be: ends of runs that are not being worked on already are left to the next platform. */
  detach(): void {
    this.#detachment.abort();
  }

  /** Resolves when nothing is set up, being stopped or published any more. */
  async idle(): Promise<void> {
    await this.#spares.close();
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  #backend(plan: RunPlan): Backend {
    const backend = this.#options.backends.get(plan.backend);
    if (backend === undefined) throw new ClaraError('failed', `operator ${plan.operator} needs the ${plan.backend} backend, which is switched off`);
    return backend;
  }

  #follow(operator: OperatorRun, ended: Promise<OperatorEnd>): void {
    void ended.then((end) => {
      if (!this.#detachment.signal.aborted) this.#track(this.#settle(operator, end));
    });
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((thrown: unknown) => this.#options.log.error({ err: thrown }, 'the engine failed with an operator'))
      .finally(() => this.#busy.delete(tracked));
    this.#busy.add(tracked);
  }

  async #settle(operator: OperatorRun, end: OperatorEnd): Promise<void> {
    this.#options.onEnd(operator, await this.#outcome(operator, end));
  }

  async #outcome(operator: OperatorRun, end: OperatorEnd): Promise<Outcome> {
    const { plan, stopSent, interrupted } = operator;
    const name = operator.definition.name;
    if (interrupted) {
      await this.forget(operator);
      return { kind: 'interrupted' };
    }
    const messages: string[] = [];
    if (plan !== undefined && end.kind === 'exited' && end.code === 0 && !stopSent) {
      try {
        messages.push(...removalMessages(name, await this.#publish(operator, plan)));
        return { kind: 'completed', messages, leftovers: plan.backend === 'docker' };
      } catch (thrown) {
        // A ClaraError is the operator's own fault.
        if (!(thrown instanceof ClaraError)) this.#options.log.error({ err: thrown, job: operator.job.id, operator: name }, 'cannot publish the outputs of an operator');
        messages.push(`the outputs of operator ${name} could not be published (${messageOf(thrown)})`);
      }
    } else if (!stopSent) {
      messages.push(...failureMessages(name, end, plan?.folder));
    }
    return { kind: 'faulted', exitCode: end.kind === 'exited' ? end.code : undefined, lost: end.kind === 'lost', messages, leftovers: plan !== undefined };
  }

  async #publish(operator: OperatorRun, plan: RunPlan): Promise<Removed[]> {
    this.#options.memory.complete(plan);
    if (plan.outputs.length === 0) return [];
    const removed = await cleanOutputs(plan.publish.from, { outputs: plan.outputs, owner: this.#options.owner });
    await this.#spares.settled(operator);
    publishOutputs(plan.publish.from, plan.publish.to);
    return removed;
  }
}

function removalMessages(operator: string, removed: readonly Removed[]): string[] {
  if (removed.length === 0) return [];
  const named = removed.slice(0, namedRemovals).map(({ path, reason }) => `${JSON.stringify(path)} (${reason})`).join(', ');
  const more = removed.length > namedRemovals ? ` and ${removed.length - namedRemovals} more` : '';
  return [`left out of the outputs of operator ${operator}: ${named}${more}`];
}
