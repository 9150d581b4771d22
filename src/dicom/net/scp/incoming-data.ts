import { type ClaraError } from '../../../core/errors.ts';

/** How much of a data set may wait for its reader before the sender is held back, in bytes. */
const highWater = 1024 * 1024;
const lowWater = highWater / 4;
/** What a piece costs beside its bytes: a million pieces of one byte are no megabyte. */
const pieceCost = 256;

/**
 * A data set as it arrives: an async iterable of its bytes, or, faster for writing to a file, batches of whatever has arrived
 * (for `writev`). The sender is held back while much of it waits to be read. Reading throws a ClaraError where the association
 * ended in the middle.
 */
export class IncomingData implements AsyncIterable<Buffer> {
  readonly #hold: (hold: boolean) => void;
  #pieces: Buffer[] = [];
  #cost = 0;
  #isHeld = false;
  #isWhole = false;
  #isUnwanted = false;
  #failure: ClaraError | undefined;
  #wake: (() => void) | undefined;
  #length = 0;

  /** `hold` stops and resumes the sender. */
  constructor(hold: (hold: boolean) => void) {
    this.#hold = hold;
  }

  /** Bytes that have arrived so far. */
  get length(): number {
    return this.#length;
  }

  /** Whether everything has arrived; what did may still wait to be read. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** All that has arrived since the last call, waiting for at least one byte; undefined at the end. */
  async nextBatch(): Promise<Buffer[] | undefined> {
    while (this.#pieces.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isWhole) return undefined;
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
    const batch = this.#pieces;
    this.#pieces = [];
    this.#cost = 0;
    this.#balance();
    return batch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (let batch = await this.nextBatch(); batch !== undefined; batch = await this.nextBatch()) yield* batch;
  }

  /** For the association: a piece has arrived. */
  push(bytes: Buffer, isLast: boolean): void {
    this.#length += bytes.length;
    if (bytes.length > 0 && !this.#isUnwanted) {
      this.#pieces.push(bytes);
      this.#cost += bytes.length + pieceCost;
      this.#balance();
    }
    this.#isWhole = isLast;
    this.#wakeUp();
  }

  /** For the association: nothing more will arrive. */
  fail(failure: ClaraError): void {
    if (this.#isWhole) return;
    this.#failure = failure;
    this.#wakeUp();
  }

  /** For the association: throws away what is and will be here; resolves when everything has arrived or nothing will. */
  async discard(): Promise<void> {
    this.#isUnwanted = true;
    this.#pieces = [];
    this.#cost = 0;
    this.#balance();
    while (!this.#isWhole && this.#failure === undefined) await new Promise<void>((resolve) => { this.#wake = resolve; });
  }

  #balance(): void {
    const hold = this.#isHeld ? this.#cost > lowWater : this.#cost > highWater;
    if (hold === this.#isHeld) return;
    this.#isHeld = hold;
    this.#hold(hold);
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
