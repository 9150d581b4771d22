import { invalid } from '../pdu/protocol-error.ts';
import { decodeCommand } from './command-codec.ts';
import { type Command } from './commands.ts';

export interface MessageSink {
  /** A command set has arrived; where it announces one, the pieces of its data set follow. */
  command(contextId: number, command: Command): void;
  /** A piece of the data set of the last command. `ends`: the last one; it may be empty. */
  data(bytes: Buffer, ends: boolean): void;
}

/** A C-STORE request has about 200 bytes. */
const commandLimit = 16 * 1024;

/** Puts messages together from presentation data values (PS3.7 6.3, PS3.8 E): a command set is held until it is whole, a data set flows through. */
export class MessageReader {
  readonly #sink: MessageSink;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** The context of the message that is arriving. */
  #contextId: number | undefined;
  #inDataSet = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#contextId !== undefined;
  }

  /** As PduSink.data; throws a ProtocolError where the order is broken. */
  data(contextId: number, command: boolean, ends: boolean, bytes: Buffer): void {
    if (this.#contextId !== undefined && contextId !== this.#contextId) throw invalid(`a message goes on in presentation context ${contextId} instead of ${this.#contextId}`);
    if (command === this.#inDataSet) throw invalid(command ? 'a command comes in the middle of a data set' : 'a data set comes without a command');
    this.#contextId = contextId;
    if (command) this.#command(contextId, ends, bytes);
    else {
      if (ends) this.#next(false);
      this.#sink.data(bytes, ends);
    }
  }

  #command(contextId: number, ends: boolean, bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > commandLimit) throw invalid(`a command set has more than ${commandLimit} bytes`);
    if (!ends) {
      // A copy, for the pieces may be tiny and their chunks large.
      if (bytes.length > 0) this.#pieces.push(Buffer.from(bytes));
      return;
    }
    const command = decodeCommand(this.#pieces.length === 0 ? bytes : Buffer.concat([...this.#pieces, bytes]));
    this.#next(command.hasDataSet);
    this.#sink.command(contextId, command);
  }

  #next(inDataSet: boolean): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.#inDataSet = inDataSet;
    if (!inDataSet) this.#contextId = undefined;
  }
}
