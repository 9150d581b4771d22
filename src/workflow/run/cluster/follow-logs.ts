import { type Kubectl } from '../../../tools/kubectl/kubectl.ts';
import { type Observation } from '../../../tools/kubectl/pods.ts';
import { type Io } from '../../../terminal/output/io.ts';
import { linkedSignal } from './both.ts';

/** Milliseconds that the end of a log may take to arrive after its container has ended. */
const patienceMs = 10_000;

/** Prints what containers print, line by line with their name, from when they have begun. */
export class LogFollower {
  readonly #io: Io;
  readonly #kubectl: Kubectl;
  readonly #link: ReturnType<typeof linkedSignal>;
  readonly #running = new Map<string, Promise<void>>();

  constructor(io: Io, kubectl: Kubectl, signal: AbortSignal) {
    this.#io = io;
    this.#kubectl = kubectl;
    this.#link = linkedSignal(signal);
  }

  follow({ pod, containers }: Observation): void {
    if (pod === undefined) return;
    for (const [container, { kind }] of containers) {
      if (kind === 'waiting' || this.#running.has(container)) continue;
      this.#running.set(container, this.#print(pod, container));
    }
  }

  async #print(pod: string, container: string): Promise<void> {
    try {
      const onLine = (line: string, from: string) => { if (from === 'stdout') this.#io.note(`[${container}] ${line}`); };
      await this.#kubectl.logs({ pod, container, follow: true }, { signal: this.#link.signal, onLine });
    } catch {
      // Stopped, because the run is over; a log that cannot be had does not fail a run.
    }
  }

  /** Waits for the rest of the logs. */
  async finish(): Promise<void> {
    const timer = setTimeout(this.#link.stop, patienceMs);
    await Promise.all(this.#running.values());
    clearTimeout(timer);
    this.#link.release();
  }
}
