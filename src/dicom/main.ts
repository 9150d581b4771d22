import { join } from 'node:path';
import { readAdapterCommandLine } from '../config/adapter-options.ts';
import { readyDescriptor } from '../config/platform-options.ts';
import { exitCodes } from '../core/errors.ts';
import { serverFiles } from '../core/server-home.ts';
import { createLog } from '../system/log.ts';
import { announce } from '../system/server-process/announce.ts';
import { reportFailure } from '../system/server-process/report-failure.ts';
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
    const adapter = await startAdapter(options, createLog({ file: join(options.home, serverFiles.log), level: options.verbose ? 'debug' : 'info' }), import.meta.dirname);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void adapter.close());
    announce('the DICOM adapter', readyFd, `${JSON.stringify(adapter.ready)}\n`, log);
    await adapter.ended;
    return 0;
  } catch (thrown) {
    return reportFailure('the DICOM adapter', thrown, readyFd, log);
  }
}

void main().then((code) => process.exit(code));
