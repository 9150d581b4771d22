import { ClaraError } from '../../../core/errors.ts';

/** One body part of a multipart message. Read its data to the end, or ask for the next part, which passes over the rest. */
export interface BodyPart {
  /** Names in small letters; of a repeated one the first. */
  readonly headers: ReadonlyMap<string, string>;
  readonly data: AsyncGenerator<Buffer, void, undefined>;
}

export interface MultipartLimits {
  /** Before the first part. */
  readonly preambleBytes: number;
  readonly headerBytes: number;
  readonly parts: number;
}

export const defaultMultipartLimits: MultipartLimits = { preambleBytes: 64 * 1024, headerBytes: 16 * 1024, parts: 200_000 };

/** RFC 2046 says 70; some servers write more. */
const longestBoundary = 200;

/** The boundary of a Content-Type, or undefined where it is no multipart type. Throws where a boundary is missing or cannot be. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^\s*multipart\//i.test(contentType)) return undefined;
  const found = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(contentType);
  const boundary = found?.[1]?.replace(/\\(.)/g, '$1') ?? found?.[2] ?? '';
  if (boundary === '' || boundary.length > longestBoundary || !/^[\x20-\x7e]*[\x21-\x7e]$/.test(boundary)) throw new ClaraError('failed', 'the answer is a multipart message without a usable boundary');
  return boundary;
}

/**
 * Reads a multipart message (RFC 2046 5.1.1) as it arrives: what is kept is the beginning of a delimiter, or the headers of
 * a part, never a part. Throws where the message breaks its form, ends early, or passes a limit.
 */
export class MultipartReader {
  readonly #source: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;
  readonly #limits: MultipartLimits;
  /** Bytes that have arrived and were not used. The first delimiter has no line before it: it gets one. */
  #rest: Buffer = Buffer.from('\r\n');
  /** Whether what comes next is the rest of the line of a delimiter. */
  #isAtDelimiter = false;
  #parts = 0;
  #isOver = false;

  constructor(source: AsyncIterable<Buffer>, boundary: string, limits: MultipartLimits = defaultMultipartLimits) {
    this.#source = source[Symbol.asyncIterator]();
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.#limits = limits;
  }

  /** The next part; undefined after the last one. */
  async next(): Promise<BodyPart | undefined> {
    if (this.#isOver) return undefined;
    if (!this.#isAtDelimiter) await this.#passOver();
    if (await this.#isClosing()) {
      this.#isOver = true;
      await this.#drain();
      return undefined;
    }
    this.#isAtDelimiter = false;
    this.#parts += 1;
    if (this.#parts > this.#limits.parts) throw broken(`has more than ${this.#limits.parts} parts`);
    return { headers: await this.#headers(), data: this.#toDelimiter() };
  }

  /** What nobody wants: the preamble, or what is left of a part. */
  async #passOver(): Promise<void> {
    let passed = 0;
    for await (const piece of this.#toDelimiter()) {
      passed += piece.length;
      if (this.#parts === 0 && passed > this.#limits.preambleBytes) throw broken(`has ${this.#limits.preambleBytes} bytes before its first part, and more`);
    }
  }

  /** A message that is read to its end leaves its connection to the next one; what comes after the last part means nothing. */
  async #drain(): Promise<void> {
    for (let passed = 0; passed <= this.#limits.preambleBytes;) {
      const { value, done } = await this.#source.next();
      if (done === true) return;
      passed += value.length;
    }
  }

  /** Bytes up to the next delimiter, which is passed over. */
  async *#toDelimiter(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const at = this.#rest.indexOf(this.#delimiter);
      if (at >= 0) {
        const piece = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + this.#delimiter.length);
        this.#isAtDelimiter = true;
        if (piece.length > 0) yield piece;
        return;
      }
      const sure = this.#sureBytes();
      if (sure > 0) {
        const piece = this.#rest.subarray(0, sure);
        this.#rest = this.#rest.subarray(sure);
        yield piece;
      }
      await this.#more();
    }
  }

  /** All bytes but those at the end that may be the beginning of a delimiter: so that what arrives is passed on without a copy. */
  #sureBytes(): number {
    const { length } = this.#rest;
    for (let at = this.#rest.indexOf('\r', Math.max(0, length - this.#delimiter.length + 1)); at >= 0; at = this.#rest.indexOf('\r', at + 1)) {
      if (this.#delimiter.subarray(0, length - at).equals(this.#rest.subarray(at))) return at;
    }
    return length;
  }

  /** After a delimiter: `--` closes the message; padding and a line end begin a part. */
  async #isClosing(): Promise<boolean> {
    const line = await this.#upTo('\r\n', 2, (bytes) => bytes.length >= 2 && bytes.toString('latin1', 0, 2) === '--');
    if (line === undefined) return true;
    if (!/^[ \t]*$/.test(line)) throw broken('has something behind a boundary');
    return false;
  }

  async #headers(): Promise<ReadonlyMap<string, string>> {
    const headers = new Map<string, string>();
    let bytes = 0;
    for (;;) {
      const line = (await this.#upTo('\r\n', 2))!;
      if (line === '') return headers;
      bytes += line.length;
      if (bytes > this.#limits.headerBytes) throw broken(`has a part with more than ${this.#limits.headerBytes} bytes of headers`);
      const colon = line.indexOf(':');
      if (colon <= 0) throw broken('has a part with a header that has no name');
      const name = line.slice(0, colon).trim().toLowerCase();
      if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
    }
  }

  /** Text up to a mark, which is passed over; undefined where `isOver` says so first. */
  async #upTo(mark: string, length: number, isOver?: (bytes: Buffer) => boolean): Promise<string | undefined> {
    for (;;) {
      if (isOver?.(this.#rest) === true) return undefined;
      const at = this.#rest.indexOf(mark, 0, 'latin1');
      if (at >= 0) {
        const text = this.#rest.toString('latin1', 0, at);
        this.#rest = this.#rest.subarray(at + length);
        return text;
      }
      if (this.#rest.length > this.#limits.headerBytes) throw broken(`has a line of more than ${this.#limits.headerBytes} bytes outside of its data`);
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#source.next();
    if (done === true) throw broken('ends before its closing boundary');
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
  }
}

function broken(what: string): ClaraError {
  return new ClaraError('failed', `the multipart answer ${what}`);
}
