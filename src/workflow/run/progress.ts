import { formatDuration } from '../../core/duration.ts';
import { type ContainerProgress, type Observation } from '../../tools/kubectl/pods.ts';
import { type Io } from '../../terminal/output/io.ts';
import { type Progress } from '../../terminal/output/progress.ts';

/** Milliseconds after which what a pod waits for is worth telling: it always waits for its volume at first. */
const passingMs = 5000;

/** Says how far the stages are: a line for each change, and one that moves on a terminal. */
export class StageProgress {
  readonly #io: Io;
  readonly #line: Progress;
  readonly #kinds = new Map<string, ContainerProgress['kind']>();
  readonly #began = new Map<string, number>();
  #trouble: { readonly text: string; readonly since: number; told: boolean } | undefined;

  private constructor(io: Io, line: Progress) {
    this.#io = io;
    this.#line = line;
  }

  static async begin(io: Io): Promise<StageProgress> {
    return new StageProgress(io, await io.progress('waiting for the stages'));
  }

  show({ containers, trouble }: Pick<Observation, 'containers' | 'trouble'>): void {
    for (const [name, { kind }] of containers) {
      if (this.#kinds.get(name) === kind) continue;
      this.#kinds.set(name, kind);
      if (kind === 'running') this.#began.set(name, Date.now());
      if (kind !== 'waiting') this.#io.note(`stage ${name}: ${kind}${this.#after(name, kind)}`);
    }
    const waitsFor = trouble !== undefined && 'message' in trouble ? trouble.message : '';
    if (waitsFor === '') this.#trouble = undefined;
    else if (this.#trouble?.text !== waitsFor) this.#trouble = { text: waitsFor, since: Date.now(), told: false };
    if (this.#trouble?.told === false && Date.now() - this.#trouble.since > passingMs) {
      this.#trouble.told = true;
      this.#io.note(`waiting: ${waitsFor}`);
    }
    this.#line.update([...containers].map(([name, { kind }]) => `${name} ${kind}`).join(', ') || 'waiting for the stages');
  }

  #after(name: string, kind: ContainerProgress['kind']): string {
    const began = this.#began.get(name);
    return kind === 'running' || began === undefined ? '' : ` after ${formatDuration(Date.now() - began)}`;
  }

  stop(): void {
    this.#line.stop();
  }
}
