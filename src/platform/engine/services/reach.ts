import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError } from '../../../core/errors.ts';
import { type Health } from './plan.ts';
import { answers } from './ports.ts';

export interface ReachParts {
  /** As messages call the service. */
  readonly title: string;
  /** Milliseconds from its start until it has to answer. */
  readonly answerMs: number;
  /** Where it is; undefined while that is not known. */
  readonly host: () => Promise<string | undefined>;
  /** Throws where nothing will answer any more. */
  readonly requireAlive: () => void;
  /** The last lines of its log. */
  readonly lastLines: () => readonly string[];
}

/** Milliseconds between two attempts to reach a service, the first and the longest. */
const firstPauseMs = 20;
const longestPauseMs = 250;

/** Asks the ports of a service until they answer; each is asked once, for however many operators wait for it. */
export class Reach {
  readonly #parts: ReachParts;
  readonly #asked = new Map<number, Promise<void>>();
  #deadline: number;

  constructor(parts: ReachParts) {
    this.#parts = parts;
    this.#deadline = Date.now() + parts.answerMs;
  }

  /** Its time begins now. */
  restartClock(): void {
    this.#deadline = Date.now() + this.#parts.answerMs;
  }

  /** Resolves when the port answers; rejects where it does not in time, or the service is gone. What failed may be asked again. */
  port(port: number, health: Health): Promise<void> {
    const asked = this.#asked.get(port) ?? this.#waitFor(port, health);
    this.#asked.set(port, asked);
    asked.catch(() => this.#asked.delete(port));
    return asked;
  }

  async #waitFor(port: number, health: Health): Promise<void> {
    const { title, answerMs, host, requireAlive, lastLines } = this.#parts;
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      requireAlive();
      const place = await host();
      if (place !== undefined && await answers(place, port, health)) return;
      if (Date.now() > this.#deadline) {
        throw new ClaraError('failed', `${title} does not answer at port ${port} within ${answerMs / 1000} s`, {
          details: lastLines(),
          hint: 'the service has to listen at this port; a platform started with a larger --service-timeout waits longer',
        });
      }
      await sleep(pause);
    }
  }
}
