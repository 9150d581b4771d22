import { join } from 'node:path';
import { exitCodes } from '../core/errors.ts';
import { serverFiles } from '../core/server-home.ts';
import { createLog } from '../system/log.ts';
import { announce } from '../system/server-process/announce.ts';
import { reportFailure } from '../system/server-process/report-failure.ts';
import { readPlatformCommandLine, readyDescriptor } from '../config/platform-options.ts';
import { startPlatform, type RunningPlatform } from './server.ts';

/** The platform server: runs in the foreground until it is told to stop, and logs to standard error. */
async function main(): Promise<number> {
  const log = createLog();
  const readyFd = readyDescriptor();
  // A bug: the state on the disk is sound, that in memory may not be. The next start goes on from the disk.
  process.on('uncaughtException', (thrown) => {
    log.fatal({ err: thrown }, 'the platform failed and ends');
    process.exit(exitCodes.failed);
  });
  try {
    const { environment, ...options } = readPlatformCommandLine(process.argv.slice(2));
    const serverLog = createLog({ file: join(options.home, serverFiles.log) });
    const platform = await startPlatform(options, { environment, product: import.meta.dirname }, serverLog);
    listenToSignals(platform);
    announce('the platform', readyFd, `${JSON.stringify(platform.ready)}\n`, log);
    await platform.ended;
    return 0;
  } catch (thrown) {
    return reportFailure('the platform', thrown, readyFd, log);
  }
}

function listenToSignals(platform: RunningPlatform): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void platform.close('stop'));
  // A restart: operators go on, the next server finds them.
  process.on('SIGUSR2', () => void platform.close('detach'));
}

void main().then((code) => process.exit(code));
