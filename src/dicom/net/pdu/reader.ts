import { decodePdu } from './codec.ts';
import { ProtocolError } from './protocol-error.ts';
import { type Pdu, type PduName, pduTypes } from './types.ts';

/** Where a reader hands what it found. A callback may throw; the reader then throws the same and is of no further use. */
export interface PduSink {
  /** The header of a PDU, its length checked: before anything of it is kept. */
  begins(type: PduName): void;
  /** A PDU that has arrived whole. */
  pdu(pdu: Pdu): void;
  /**
   * A piece of a presentation data value, as it arrived: not copied, good for as long as it is held. `ends`: it is the end of
   * the last fragment of a command or data set (PS3.8 E.2). Pieces may be empty.
   */
  data(contextId: number, command: boolean, ends: boolean, bytes: Buffer): void;
}

/** The longest that a PDU may say it is, in bytes after its header. */
export interface PduLimits {
  /** A-ASSOCIATE-RQ and A-ASSOCIATE-AC: these are held until they are whole. */
  readonly associate: number;
  /** P-DATA-TF: these flow through. */
  readonly data: number;
}

/** 128 contexts with thirty transfer syntaxes each are 100 kB. */
export const defaultPduLimits: PduLimits = { associate: 256 * 1024, data: 16 * 1024 * 1024 };

/** A rejection, a release and an abort have four bytes (PS3.8 9.3.4, 9.3.6 to 9.3.8); a few more are read to say so. */
const shortPduBytes = 64;
/** Length (4 bytes), presentation context id (1), message control header (1): PS3.8 9.3.5.1. */
const pdvHeaderBytes = 6;

const names = new Map(Object.entries(pduTypes).map(([name, type]) => [type as number, name as PduName]));

/**
 * Reads PDUs from a stream of bytes, however it is cut. The length that a PDU announces is checked before anything is kept;
 * data flow through. Pieces are looked at once: what it costs grows with the bytes alone.
 */
export class PduReader {
  readonly #sink: PduSink;
  readonly #limits: PduLimits;
  /** A header, of a PDU or a presentation data value, that has not arrived whole. */
  readonly #header = Buffer.alloc(6);
  #headerBytes = 0;
  #type: PduName | undefined;
  /** Bytes of the current PDU that are still to come. */
  #pduLeft = 0;
  #body: GrowingBody | undefined;
  #inPdv = false;
  #pdvLeft = 0;
  #contextId = 0;
  #command = false;
  #last = false;

  constructor(sink: PduSink, limits: PduLimits = defaultPduLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Whether the bytes so far end with a whole PDU. */
  get isBetweenPdus(): boolean {
    return this.#type === undefined && this.#headerBytes === 0;
  }

  /** Takes the next bytes; throws a ProtocolError, after which the place of the next PDU is unknown. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length || this.#pdvIsDone()) {
      if (this.#type === undefined) at = this.#readPduHeader(chunk, at);
      else if (this.#type !== 'P-DATA-TF') at = this.#readBody(chunk, at);
      else if (this.#inPdv) at = this.#readPdv(chunk, at);
      else at = this.#readPdvHeader(chunk, at);
    }
  }

  /** A presentation data value without (further) data ends at once, also where no byte follows. */
  #pdvIsDone(): boolean {
    return this.#inPdv && this.#pdvLeft === 0;
  }

  /** Fills `#header` from the chunk; where it is complete, it is at the returned place of the returned bytes. */
  #takeHeader(chunk: Buffer, at: number): { readonly bytes: Buffer; readonly from: number; readonly next: number } | undefined {
    if (this.#headerBytes === 0 && chunk.length - at >= 6) return { bytes: chunk, from: at, next: at + 6 };
    const copied = chunk.copy(this.#header, this.#headerBytes, at, Math.min(chunk.length, at + 6 - this.#headerBytes));
    this.#headerBytes += copied;
    if (this.#headerBytes < 6) return undefined;
    this.#headerBytes = 0;
    return { bytes: this.#header, from: 0, next: at + copied };
  }

  #readPduHeader(chunk: Buffer, at: number): number {
    const header = this.#takeHeader(chunk, at);
    if (header === undefined) return chunk.length;
    const type = names.get(header.bytes[header.from]!);
    if (type === undefined) throw new ProtocolError('unrecognized PDU', `there is no PDU of type ${header.bytes[header.from]!}`);
    const length = header.bytes.readUInt32BE(header.from + 2);
    const limit = type === 'P-DATA-TF' ? this.#limits.data : type === 'A-ASSOCIATE-RQ' || type === 'A-ASSOCIATE-AC' ? this.#limits.associate : shortPduBytes;
    if (length > limit) throw new ProtocolError('invalid PDU parameter value', `the ${type} of ${length} bytes is above the limit of ${limit}`);
    this.#sink.begins(type);
    this.#type = type;
    this.#pduLeft = length;
    if (type === 'P-DATA-TF') this.#endPdataIfDone();
    else if (length === 0) this.#endBody(Buffer.alloc(0));
    else this.#body = new GrowingBody(length);
    return header.next;
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#pduLeft);
    this.#body!.add(chunk.subarray(at, end));
    this.#pduLeft -= end - at;
    if (this.#pduLeft === 0) this.#endBody(this.#body!.bytes);
    return end;
  }

  #endBody(body: Buffer): void {
    const type = this.#type as Exclude<PduName, 'P-DATA-TF'>;
    this.#type = undefined;
    this.#body = undefined;
    this.#sink.pdu(decodePdu(type, body));
  }

  #readPdvHeader(chunk: Buffer, at: number): number {
    if (this.#headerBytes === 0 && this.#pduLeft < pdvHeaderBytes) throw invalidPdv(`only ${this.#pduLeft} bytes are left for it`);
    const header = this.#takeHeader(chunk, at);
    if (header === undefined) return chunk.length;
    // The length counts the context id and the control header (PS3.8 9.3.5.1).
    const length = header.bytes.readUInt32BE(header.from);
    this.#pduLeft -= pdvHeaderBytes;
    this.#pdvLeft = length - 2;
    if (length < 2 || this.#pdvLeft > this.#pduLeft) throw invalidPdv(`its length of ${length} bytes does not fit into its PDU`);
    this.#contextId = header.bytes[header.from + 4]!;
    const control = header.bytes[header.from + 5]!;
    // PS3.8 E.2: bit 0 is set for a command, bit 1 for the last fragment; the others mean nothing.
    this.#command = (control & 1) !== 0;
    this.#last = (control & 2) !== 0;
    this.#inPdv = true;
    return header.next;
  }

  #readPdv(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#pdvLeft);
    const piece = chunk.subarray(at, end);
    this.#pdvLeft -= piece.length;
    this.#pduLeft -= piece.length;
    const isEnd = this.#pdvLeft === 0;
    if (isEnd) {
      this.#inPdv = false;
      this.#endPdataIfDone();
    }
    this.#sink.data(this.#contextId, this.#command, isEnd && this.#last, piece);
    return end;
  }

  #endPdataIfDone(): void {
    if (this.#pduLeft === 0) this.#type = undefined;
  }
}

function invalidPdv(why: string): ProtocolError {
  return new ProtocolError('invalid PDU parameter value', `a presentation data value is broken: ${why}`);
}

/** The body of a PDU while it arrives: grows with what came, not with what was announced. */
class GrowingBody {
  readonly #length: number;
  #bytes: Buffer;
  #used = 0;

  constructor(length: number) {
    this.#length = length;
    this.#bytes = Buffer.alloc(Math.min(length, 4096));
  }

  add(piece: Buffer): void {
    const needed = this.#used + piece.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(this.#length, Math.max(needed, this.#bytes.length * 2)));
      this.#bytes.copy(grown, 0, 0, this.#used);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.#used);
    this.#used = needed;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }
}
