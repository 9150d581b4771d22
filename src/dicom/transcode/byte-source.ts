import { ClaraError } from '../../core/errors.ts';

/** Reads a stream of bytes in the portions that its reader wants. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer = Buffer.alloc(0);
  #position = 0;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** So many bytes, good until the next call; undefined at the end. @throws ClaraError where the end comes in the middle */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.#piece.length < length) {
      const next = await this.#pieces.next();
      if (next.done === true) {
        if (this.#piece.length === 0) return undefined;
        throw ended();
      }
      this.#piece = this.#piece.length === 0 ? next.value : Buffer.concat([this.#piece, next.value]);
    }
    return this.#cut(length);
  }

  /** The next bytes, `length` in all, in pieces as they come; each but the last is a multiple of `unit` long. */
  async* pass(length: number, unit: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      const whole = Math.min(left, this.#piece.length - (this.#piece.length % unit));
      const piece = whole > 0 ? this.#cut(whole) : await this.take(Math.min(left, unit));
      if (piece === undefined) throw ended();
      left -= piece.length;
      yield piece;
    }
  }

  /** The source is not wanted any more. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  #cut(length: number): Buffer {
    const bytes = this.#piece.subarray(0, length);
    this.#piece = this.#piece.subarray(length);
    this.#position += length;
    return bytes;
  }
}

function ended(): ClaraError {
  return new ClaraError('failed', 'the data set ends in the middle of an element');
}
