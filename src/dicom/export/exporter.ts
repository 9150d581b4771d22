import { setTimeout as sleep } from 'node:timers/promises';
import { type ResultsClient } from '../../api/results/client.ts';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { type ResultTask } from '../../core/results.ts';
import { type Logger } from '../../system/log.ts';
import { type ExportStore, type Verdict } from '../store/exports.ts';
import { type Outcome, verdictOf } from './outcome.ts';
import { type ResultsAccess } from './results-access.ts';

export interface ExporterOptions {
  /** The name under which the Results Service knows it. */
  readonly agent: string;
  readonly store: ExportStore;
  readonly results: ResultsAccess;
  /** Throws a ClaraError `interrupted` where the signal fires. */
  readonly deliver: (task: ResultTask, signal: AbortSignal) => Promise<Outcome>;
  /** Tasks at a time. */
  readonly atOnce: number;
  readonly pollMs: number;
  readonly maximumRetries: number;
  /** The pause before each of them. */
  readonly retryDelayMs: number;
  readonly hasRoom: () => boolean;
  readonly log: Logger;
}

/** What keeps an exporter from working, if anything does. */
export interface ExporterState {
  readonly agent: string;
  readonly paused: 'disk' | undefined;
  /** Why the Results Service cannot be asked. */
  readonly problem: string | undefined;
}

/** Most tasks of one question (results-service 9). */
const mostTasks = 10;
/** Pauses after what failed for no fault of a task: they grow, to no more than so much, in ms. A question for tasks costs little. */
const firstPauseMs = 1500;
const longestPauseMs = { poll: 5000, task: 15_000 } as const;
/** How long the last question may take when the adapter ends, in ms. */
const lastAnswerMs = 2000;

/**
 * Takes tasks from the Results Service, delivers them, and reports what became of them. What it has taken is written down: a
 * report that the service could not take is repeated until it can, and after a crash it goes on where it was.
 */
export class Exporter {
  readonly #options: ExporterOptions;
  readonly #stop = new AbortController();
  /** For a question that is under way at the end: its answer may be tasks, which are ours then. */
  readonly #giveUp = new AbortController();
  readonly #working = new Map<string, { readonly task: ResultTask; readonly done: Promise<void> }>();
  /** How many of them wait for their next attempt. */
  #waiting = 0;
  readonly #polling: Promise<void>;
  #paused: 'disk' | undefined;
  #problem: string | undefined;

  constructor(options: ExporterOptions) {
    this.#options = options;
    this.#polling = this.#poll();
  }

  get state(): ExporterState {
    return { agent: this.#options.agent, paused: this.#paused, problem: this.#problem };
  }

  /** Stops; what is being delivered is cut short, and delivered by the next run. */
  async close(): Promise<void> {
    this.#stop.abort();
    const patience = setTimeout(() => this.#giveUp.abort(), lastAnswerMs);
    await this.#polling;
    clearTimeout(patience);
    await Promise.all([...this.#working.values()].map(({ done }) => done));
  }

  async #poll(): Promise<void> {
    const { pollMs } = this.#options;
    await this.#resume().catch((thrown: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.log.error({ err: thrown }, 'what was in hand when the adapter ended cannot be looked at; the Results Service hands it out again later');
    });
    for (let failures = 0; !this.#stop.signal.aborted;) {
      try {
        await this.#takeTasks();
        if (this.#problem !== undefined) this.#options.log.info({ agent: this.#options.agent }, 'the Results Service answers again');
        [this.#problem, failures] = [undefined, 0];
      } catch (thrown) {
        if (this.#stop.signal.aborted) return;
        failures += 1;
        if (this.#problem === undefined) this.#options.log.warn({ agent: this.#options.agent, err: thrown }, `no results can be asked for: ${messageOf(thrown)}`);
        this.#problem = messageOf(thrown);
      }
      await this.#wait(failures === 0 ? pollMs : pauseAfter(failures, pollMs, longestPauseMs.poll));
    }
  }

  async #takeTasks(): Promise<void> {
    const { agent, results, store, atOnce, hasRoom, log } = this.#options;
    const wanted = Math.min(mostTasks, atOnce - this.#working.size + this.#waiting);
    if (wanted <= 0) return;
    const paused = hasRoom() ? undefined : 'disk';
    if (paused !== this.#paused) {
      if (paused === undefined) log.info({ agent }, 'results are sent again');
      else log.warn({ agent }, 'no results are sent: free space on the disk is below the reserve');
    }
    this.#paused = paused;
    if (paused !== undefined) return;
    for (const task of await results.ask((client) => client.take(agent, wanted, { signal: this.#giveUp.signal }))) {
      const current = this.#working.get(task.taskId);
      // One that took longer than the service waits is handed out again, to us: that renews it.
      if (current?.task.retries === task.retries) continue;
      // We have put it back ourselves, and not yet heard that it was.
      await current?.done;
      store.take(agent, task, Date.now());
      this.#begin(task, () => this.#export(task));
    }
  }

  #begin(task: ResultTask, work: () => Promise<void>): void {
    const { agent, log } = this.#options;
    const done = work().catch((thrown: unknown) => {
      if (!this.#stop.signal.aborted) log.error({ agent, err: thrown, task: task.taskId }, 'a result could not be worked on; the Results Service hands it out again later');
    }).finally(() => this.#working.delete(task.taskId));
    this.#working.set(task.taskId, { task, done });
  }

  /** Goes on with what the last run had taken; before anything is asked for, or it might be handed out to us a second time. */
  async #resume(): Promise<void> {
    const { agent, store, log } = this.#options;
    for (const { task, verdict } of store.held(agent)) {
      if (verdict !== undefined) this.#begin(task, () => this.#report(task, verdict));
      else if (await this.#isOurs(task)) {
        log.info({ task: task.taskId, job: task.jobId }, 'a result that was being sent when the adapter ended is sent again');
        this.#begin(task, () => this.#export(task));
      } else store.drop(task.taskId);
    }
  }

  /** Whether a task that we took is still that of whoever took it. */
  async #isOurs(task: ResultTask): Promise<boolean> {
    const now = await this.#persistently(`the state of task ${task.taskId}`, (client) => client.get(task.taskId, { signal: this.#stop.signal }).catch((thrown: unknown) => {
      if (thrown instanceof ClaraError && thrown.kind === 'unreachable') throw thrown;
      // A service that cannot be asked this hands the task out again when it sees fit.
      return undefined;
    }));
    return now?.state === 'InProgress';
  }

  async #export(task: ResultTask): Promise<void> {
    const { agent, store, maximumRetries, log } = this.#options;
    const outcome = await this.#outcomeOf(task);
    const verdict = verdictOf(outcome, task.retries, maximumRetries);
    const why = outcome.kind === 'delivered' ? undefined : outcome.why;
    store.decide(task.taskId, verdict, why, Date.now());
    const facts = { agent, task: task.taskId, job: task.jobId, files: task.uris.length, attempt: task.retries + 1 };
    if (outcome.kind === 'delivered') log.info({ ...facts, failures: outcome.failures }, 'results were delivered');
    else if (verdict === 'retry') log.warn(facts, `results were not delivered, and are tried again: ${outcome.why}`);
    else log.error(facts, `results were not delivered, and are given up (\`clara results retry ${task.taskId}\` tries them again): ${outcome.why}`);
    if (verdict === 'retry') await this.#pause();
    await this.#report(task, verdict);
  }

  /** Before another attempt: until it is over the service takes the task for one that is being worked on. */
  async #pause(): Promise<void> {
    this.#waiting += 1;
    await this.#wait(this.#options.retryDelayMs);
    this.#waiting -= 1;
    if (this.#stop.signal.aborted) throw new ClaraError('interrupted', 'interrupted');
  }

  async #outcomeOf(task: ResultTask): Promise<Exclude<Outcome, { kind: 'not now' }>> {
    const { deliver, log } = this.#options;
    for (let failures = 1; ; failures += 1) {
      const outcome = await deliver(task, this.#stop.signal);
      if (outcome.kind !== 'not now') return outcome;
      if (failures === 1) log.warn({ task: task.taskId, job: task.jobId }, `results cannot be fetched now: ${outcome.why}`);
      await this.#wait(pauseAfter(failures, firstPauseMs, longestPauseMs.task));
      if (this.#stop.signal.aborted) throw new ClaraError('interrupted', 'interrupted');
    }
  }

  async #report(task: ResultTask, verdict: Verdict): Promise<void> {
    const { taskId } = task;
    const control = { signal: this.#stop.signal };
    await this.#persistently(`what became of task ${taskId}`, async (client) => {
      if (verdict === 'succeeded') await client.succeeded(taskId, control);
      else await client.failed(taskId, verdict === 'retry', control);
    });
    this.#options.store.reported(taskId, Date.now());
  }

  /** Asks until there is an answer; undefined where the service does not know the task. */
  async #persistently<Answer>(what: string, question: (client: ResultsClient) => Promise<Answer>): Promise<Answer | undefined> {
    const { results, log } = this.#options;
    for (let failures = 1; ; failures += 1) {
      try {
        return await results.ask(question);
      } catch (thrown) {
        if (this.#stop.signal.aborted) throw thrown;
        if (thrown instanceof ClaraError && thrown.kind === 'not-found') return undefined;
        if (failures === 1) log.warn({ err: thrown }, `the Results Service does not take or say ${what}: ${messageOf(thrown)}`);
      }
      await this.#wait(pauseAfter(failures, firstPauseMs, longestPauseMs.task));
      if (this.#stop.signal.aborted) throw new ClaraError('interrupted', 'interrupted');
    }
  }

  /** Waits, or until it is closed. */
  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

/** Twice as long after each failure in a row, from 1 on. */
function pauseAfter(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10));
}
