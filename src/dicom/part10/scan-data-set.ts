import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { encodingOf } from './encoding.ts';
import { defaultScanLimits, type ScanLimits, Scanner } from './scanner.ts';

/** A scanner for a data set in any transfer syntax; inflates where that is needed (PS3.5 A.5), which takes turns of the event loop. */
export class DataSetScanner {
  readonly #scanner: Scanner;
  readonly #inflate: InflateRaw | undefined;

  /** `wanted`: tags as numbers, `0x00100020`. */
  constructor(transferSyntax: string, wanted: readonly number[], limits: ScanLimits = defaultScanLimits) {
    const { deflated, ...encoding } = encodingOf(transferSyntax);
    const scanner = this.#scanner = new Scanner(encoding, wanted, limits);
    if (!deflated) return;
    const inflate = this.#inflate = createInflateRaw();
    inflate.on('data', (bytes: Buffer) => scanner.push(bytes));
    inflate.on('error', () => scanner.fail('the data set cannot be inflated'));
  }

  get isDone(): boolean {
    return this.#scanner.isDone;
  }

  /** See Scanner. */
  get problem(): string | undefined {
    return this.#scanner.problem;
  }

  value(tag: number): Buffer | undefined {
    return this.#scanner.value(tag);
  }

  text(tag: number): string | undefined {
    return this.#scanner.text(tag);
  }

  /** Takes the next bytes. Where it returns a promise, wait for it before the next call. */
  push(chunk: Buffer): Promise<void> | undefined {
    if (this.#scanner.isDone) return undefined;
    const inflate = this.#inflate;
    if (inflate === undefined) {
      this.#scanner.push(chunk);
      return undefined;
    }
    return new Promise((resolve) => {
      const settle = () => {
        inflate.off('close', settle);
        if (this.#scanner.isDone) inflate.destroy();
        resolve();
      };
      // A broken stream closes without calling back.
      inflate.once('close', settle);
      inflate.write(chunk, settle);
    });
  }

  /** There are no more bytes. */
  end(): void {
    this.#scanner.end();
    this.#inflate?.destroy();
  }
}
