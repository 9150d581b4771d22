import { formatDuration } from '../../core/duration.ts';
import { byteSize, counted } from '../../core/phrases.ts';
import { type Io } from './io.ts';
import { type Progress } from './progress.ts';

/** How far a transfer is. */
export interface Amounts {
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}

/** Where there is no terminal, a line this often, in ms: a long transfer in a log shows that it lives. */
const lineEveryMs = 10_000;
const barCells = 24;

/** Shows how far a transfer is: a bar on a terminal, a plain line now and then elsewhere. */
export class Meter {
  readonly #io: Io;
  readonly #doing: string;
  readonly #progress: Progress;
  readonly #begun = Date.now();
  #lastLine = Date.now();
  #amounts: Amounts = { files: 0, bytes: 0, totalFiles: 0, totalBytes: 0 };

  /** @param doing `uploading` */
  static async start(io: Io, doing: string): Promise<Meter> {
    return new Meter(io, doing, await io.progress(doing));
  }

  private constructor(io: Io, doing: string, progress: Progress) {
    this.#io = io;
    this.#doing = doing;
    this.#progress = progress;
  }

  update(amounts: Amounts): void {
    this.#amounts = amounts;
    const now = Date.now();
    if (this.#io.interactive) {
      this.#progress.update(`${this.#doing} ${barText(amounts, now - this.#begun)}`);
    } else if (now - this.#lastLine >= lineEveryMs) {
      this.#lastLine = now;
      this.#io.note(`${this.#doing}: ${plainText(amounts)}`);
    }
  }

  stop(): void {
    this.#progress.stop();
  }

  /** What was done, for the end: `40 files, 1.20 GiB in 12.3s (99.9 MiB/s)`. */
  summary(): string {
    const ms = Math.max(1, Date.now() - this.#begun);
    const { files, bytes } = this.#amounts;
    return `${counted(files, 'file')}, ${byteSize(bytes)} in ${formatDuration(ms)} (${byteSize(bytes / (ms / 1000))}/s)`;
  }
}

/** `██████░░  45 %  1.20 GiB of 2.70 GiB · 12 of 40 files · 210 MiB/s · 7.1s left`. */
export function barText(amounts: Amounts, elapsedMs: number): string {
  const { files, bytes, totalFiles, totalBytes } = amounts;
  const share = shareOf(amounts);
  const cells = Math.floor(share * barCells);
  const rate = elapsedMs > 0 ? bytes / (elapsedMs / 1000) : 0;
  return [
    `${'█'.repeat(cells)}${'░'.repeat(barCells - cells)} ${percent(share).padStart(5)}  ${byteSize(bytes)} of ${byteSize(totalBytes)}`,
    ...(totalFiles > 1 ? [`${files} of ${totalFiles} files`] : []),
    // The first second says little about the rest.
    ...(elapsedMs > 1000 && rate > 0 ? [`${byteSize(rate)}/s`, `${formatDuration((Math.max(0, totalBytes - bytes) / rate) * 1000)} left`] : []),
  ].join(' · ');
}

/** The same without a bar. */
export function plainText(amounts: Amounts): string {
  const { files, bytes, totalFiles, totalBytes } = amounts;
  return `${percent(shareOf(amounts))}, ${byteSize(bytes)} of ${byteSize(totalBytes)}, ${files} of ${counted(totalFiles, 'file')}`;
}

/** Empty files are nothing to measure: then files count. */
function shareOf({ files, bytes, totalFiles, totalBytes }: Amounts): number {
  if (totalBytes > 0) return Math.min(1, bytes / totalBytes);
  return totalFiles === 0 ? 1 : files / totalFiles;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
