import { closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readAdapterCommandLine } from '../config/adapter-options.ts';
import { readyDescriptor } from '../config/platform-options.ts';
import { ClaraError, exitCodes, messageOf } from '../core/errors.ts';
import { serverFiles, startFailureLine } from '../core/server-home.ts';
import { createLog, type Logger } from '../system/log.ts';
import { startAdapter } from './adapter.ts';

/** The DICOM adapter: runs in the foreground until it is told to stop, and logs to standard error. */
async function main(): Promise<number> {
  const log = createLog();
  const readyFd = readyDescriptor();
  // A bug: the state on the disk is sound, that in memory may not be. The next start goes on from the disk.
  process.on('uncaughtException', (thrown) => {
    log.fatal({ err: thrown }, 'the DICOM adapter failed and ends');
    process.exit(exitCodes.failed);
  });
  try {
    const options = await readAdapterCommandLine(process.argv.slice(2));
    const adapter = await startAdapter(options, createLog({ file: join(options.home, serverFiles.log) }));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void adapter.close());
    announce(readyFd, `${JSON.stringify(adapter.ready)}\n`, log);
    await adapter.ended;
    return 0;
  } catch (thrown) {
    return fail(thrown, readyFd, log);
  }
}

/** Tells whoever started us that we are ready. */
function announce(fd: number | undefined, line: string, log: Logger): void {
  if (fd === undefined) return;
  try {
    writeSync(fd, line);
    closeSync(fd);
  } catch (thrown) {
    log.warn({ err: thrown }, 'whoever started the DICOM adapter does not listen for its ready message');
  }
}

function fail(thrown: unknown, readyFd: number | undefined, log: Logger): number {
  if (!(thrown instanceof ClaraError)) {
    log.fatal({ err: thrown }, `the DICOM adapter failed: ${messageOf(thrown)}`);
    return exitCodes.failed;
  }
  const { kind, message, hint, details } = thrown;
  log.fatal({ kind, hint, details }, message);
  announce(readyFd, startFailureLine(thrown), log);
  return exitCodes[kind];
}

void main().then((code) => process.exit(code));
