import { type Goal, meets, type Pair, ratios, type Spread, spreadOf, turnOrder } from './statistics.ts';
import { type Workspace } from './workspace.ts';

/** One thing that is measured; a file of test/bench each. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(context: Context): Promise<void>;
}

export interface BenchOptions {
  /** Pairs of every comparison instead of its own number. */
  readonly pairs: number | undefined;
  /** MiB of a transfer. */
  readonly sizeMb: number;
  /** Only comparisons whose name has this in it. */
  readonly only: string | undefined;
}

/** One line of the result. */
export type Line =
  | { readonly kind: 'ratio'; readonly bench: string; readonly what: string; readonly against: string; readonly of: 'time' | 'speed'; readonly ratio: Spread; readonly goal: Goal; readonly met: boolean }
  | { readonly kind: 'memory'; readonly bench: string; readonly what: string; readonly megabytes: number; readonly goal: Goal; readonly met: boolean }
  | { readonly kind: 'left-out'; readonly bench: string; readonly against: string; readonly reason: string };

/** One run; resolves to what counts of it, in milliseconds. */
export type Run = () => Promise<number>;

export interface Peer {
  readonly name: string;
  readonly goal: Goal;
  readonly run: Run;
}

export interface Comparison {
  readonly what: string;
  readonly of: 'time' | 'speed';
  readonly product: Run;
  readonly peers: readonly Peer[];
  /** At least five. */
  readonly pairs: number;
  /** Whether every contestant first runs once for nothing. */
  readonly warmUp: boolean;
}

export const leastPairs = 5;

/** What a bench works with: a place for its files and processes, and where its results go. */
export class Context {
  readonly workspace: Workspace;
  readonly options: BenchOptions;
  readonly #bench: string;
  readonly #take: (line: Line) => void;
  readonly #progress: (text: string) => void;

  constructor(bench: string, workspace: Workspace, options: BenchOptions, take: (line: Line) => void, progress: (text: string) => void) {
    this.#bench = bench;
    this.workspace = workspace;
    this.options = options;
    this.#take = take;
    this.#progress = progress;
  }

  /** Runs product and peers in turn, and reports one ratio a peer. */
  async compare({ what, of, product, peers, pairs, warmUp }: Comparison): Promise<void> {
    if (peers.length === 0 || !what.includes(this.options.only ?? '')) return;
    const contestants = [{ name: '', run: product }, ...peers];
    const rounds = this.options.pairs ?? Math.max(pairs, leastPairs);
    const taken = new Map<string, Pair[]>(peers.map(({ name }) => [name, []]));
    if (warmUp) for (const { run } of contestants) await run();
    for (let round = 0; round < rounds; round += 1) {
      this.#progress(`${this.#bench}: ${what}, ${round + 1} of ${rounds}`);
      const times = new Map<string, number>();
      for (const { name, run } of turnOrder(contestants, round)) times.set(name, await run());
      for (const { name } of peers) taken.get(name)!.push({ product: times.get('')!, peer: times.get(name)! });
    }
    for (const { name, goal } of peers) {
      const ratio = spreadOf(ratios(taken.get(name)!, of));
      this.#take({ kind: 'ratio', bench: this.#bench, what, against: name, of, ratio, goal, met: meets(goal, ratio.median) });
    }
  }

  /** Reports a ratio that is not one of durations. */
  ratio(what: string, against: string, value: number, goal: Goal): void {
    this.#take({ kind: 'ratio', bench: this.#bench, what, against, of: 'time', ratio: spreadOf([value]), goal, met: meets(goal, value) });
  }

  memory(what: string, megabytes: number, goal: Goal): void {
    this.#take({ kind: 'memory', bench: this.#bench, what, megabytes, goal, met: meets(goal, megabytes) });
  }

  /** Names a peer that is not there; what would be compared with it is left out. */
  leaveOut(against: string, reason: string): void {
    this.#take({ kind: 'left-out', bench: this.#bench, against, reason });
  }
}
