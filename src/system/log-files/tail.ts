import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import { systemCode } from '../../core/errors.ts';

const blockBytes = 64 * 1024;

/** The position in bytes where the last `count` lines of a file begin, and the file's size. Reads from the end. */
export async function startOfLastLines(path: string, count: number): Promise<{ readonly start: number; readonly size: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const block = Buffer.alloc(blockBytes);
    let found = 0;
    for (let end = size; end > 0;) {
      const begin = Math.max(0, end - blockBytes);
      const { bytesRead } = await file.read(block, 0, end - begin, begin);
      for (let at = bytesRead - 1; at >= 0; at -= 1) {
        // The line end of the very last line closes a line, it does not begin one.
        if (block[at] !== 0x0a || begin + at === size - 1) continue;
        found += 1;
        if (found === count) return { start: begin + at + 1, size };
      }
      end = begin;
    }
    return { start: count === 0 ? size : 0, size };
  } finally {
    await file.close();
  }
}

export interface FollowOptions {
  /** Goes on when the end is reached, until the signal is aborted. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const pollMs = 200;

/**
 * Lines of a file from a position on, without line ends. A followed file may be cut or replaced (a log that is set aside
 * when its program starts again): then reading goes on at the new one's beginning.
 */
export async function* linesFrom(path: string, start: number, options: FollowOptions): AsyncGenerator<string> {
  const block = Buffer.alloc(blockBytes);
  let file = await open(path, 'r');
  let position = start;
  let decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    while (!options.signal.aborted) {
      const { bytesRead } = await file.read(block, 0, block.length, position);
      if (bytesRead > 0) {
        position += bytesRead;
        const lines = (rest + decoder.write(block.subarray(0, bytesRead))).split('\n');
        rest = lines.pop()!;
        yield* lines;
      } else if (!options.follow) {
        break;
      } else if (await isReplaced(path, file, position)) {
        if (rest !== '') yield rest;
        rest = '';
        decoder = new StringDecoder('utf8');
        await file.close();
        file = await open(path, 'r');
        position = 0;
      } else {
        await sleep(pollMs, undefined, { signal: options.signal }).catch(() => undefined);
      }
    }
    if (rest !== '') yield rest;
  } finally {
    await file.close();
  }
}

/** Whether the path leads to another file by now, or the file was cut below what has been read. */
async function isReplaced(path: string, file: FileHandle, position: number): Promise<boolean> {
  try {
    const [now, opened] = await Promise.all([stat(path), file.stat()]);
    return now.ino !== opened.ino || now.dev !== opened.dev || now.size < position;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}
