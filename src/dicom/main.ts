import { join } from 'node:path';
import { readAdapterCommandLine } from '../config/adapter-options.ts';
import { readyDescriptor } from '../config/platform-options.ts';
import { ClaraError, exitCodes, messageOf } from '../core/errors.ts';
import { serverFiles, startFailureLine } from '../core/server-home.ts';
import { createLog, type Logger } from '../system/log.ts';
import { announce } from '../system/server-process/announce.ts';
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
    announce('the DICOM adapter', readyFd, `${JSON.stringify(adapter.ready)}\n`, log);
    await adapter.ended;
    return 0;
  } catch (thrown) {
    return fail(thrown, readyFd, log);
  }
}

function fail(thrown: unknown, readyFd: number | undefined, log: Logger): number {
  if (!(thrown instanceof ClaraError)) {
    log.fatal({ err: thrown }, `the DICOM adapter failed: ${messageOf(thrown)}`);
    return exitCodes.failed;
  }
  const { kind, message, hint, details } = thrown;
  log.fatal({ kind, hint, details }, message);
  announce('the DICOM adapter', readyFd, startFailureLine(thrown), log);
  return exitCodes[kind];
}

void main().then((code) => process.exit(code));
