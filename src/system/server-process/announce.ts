import { closeSync, writeSync } from 'node:fs';
import { type Logger } from '../log.ts';

/** Tells whoever started a server, over the descriptor that they gave it, that it is ready or why it is not. `who` is the server, in the log: `the platform`. */
export function announce(who: string, fd: number | undefined, line: string, log: Logger): void {
  if (fd === undefined) return;
  try {
    writeSync(fd, line);
    closeSync(fd);
  } catch (thrown) {
    log.warn({ err: thrown }, `whoever started ${who} does not listen for its ready message`);
  }
}
