import { frameHeaderBytes, writeFrameHeader } from '../dimse/framing.ts';

/** What is written at once: several PDUs, and of a small message all. */
const blockBytes = 256 * 1024;

/**
 * Cuts a message into P-DATA-TF PDUs (PS3.8 9.3.5) and hands them over in large blocks, the command together with the beginning
 * of its data set, so that a small instance leaves in one piece.
 */
export class PdvWriter {
  readonly #contextId: number;
  readonly #payload: number;
  readonly #write: (block: Buffer) => Promise<void> | undefined;
  #block: Buffer;
  #at: number;
  /** Where the open PDU begins, or -1. */
  #frame = -1;

  /** `command`: PDUs that go first. `payload`: bytes of a message that fit into a PDU. `write` returns a promise where it takes no more for now. */
  constructor(command: Buffer, contextId: number, payload: number, write: (block: Buffer) => Promise<void> | undefined) {
    this.#contextId = contextId;
    this.#payload = payload;
    this.#write = write;
    this.#block = Buffer.allocUnsafe(Math.max(blockBytes, command.length));
    this.#at = command.copy(this.#block);
  }

  /** Bytes of the data set; they are copied. */
  async data(bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      if (this.#frame >= 0 && this.#at === this.#frameEnd()) this.#closeFrame(false);
      if (this.#frame < 0) {
        if (this.#at + frameHeaderBytes >= this.#block.length) await this.#flush();
        this.#openFrame();
      }
      const copied = bytes.copy(this.#block, this.#at, from, from + this.#frameEnd() - this.#at);
      from += copied;
      this.#at += copied;
    }
  }

  /** The data set is whole: marks its last fragment. */
  async end(): Promise<void> {
    if (this.#frame < 0) {
      if (this.#at + frameHeaderBytes > this.#block.length) await this.#flush();
      this.#openFrame();
    }
    this.#closeFrame(true);
    await this.#write(this.#block.subarray(0, this.#at));
  }

  #frameEnd(): number {
    return Math.min(this.#frame + frameHeaderBytes + this.#payload, this.#block.length);
  }

  #openFrame(): void {
    this.#frame = this.#at;
    this.#at += frameHeaderBytes;
  }

  #closeFrame(last: boolean): void {
    writeFrameHeader(this.#block, this.#frame, this.#contextId, this.#at - this.#frame - frameHeaderBytes, false, last);
    this.#frame = -1;
  }

  async #flush(): Promise<void> {
    const block = this.#block.subarray(0, this.#at);
    // The connection keeps what it is given until it is sent.
    this.#block = Buffer.allocUnsafe(blockBytes);
    this.#at = 0;
    await this.#write(block);
  }
}
