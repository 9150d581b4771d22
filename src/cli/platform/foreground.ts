import { setTimeout as sleep } from 'node:timers/promises';
import { localPlatformState, type LocalPlatform } from '../../actions/local-platform.ts';
import { ClaraError } from '../../core/errors.ts';
import { serverArguments, type ServerSettings } from '../../core/server-settings.ts';
import { runInForeground } from '../../system/run/foreground.ts';
import { type Context } from '../../terminal/context.ts';
import { adviseEndpoint, endpointLines } from './endpoint.ts';

/** Runs the server in our place, its log on the terminal; returns when it has ended well. */
export async function startInForeground(context: Context, platform: LocalPlatform, settings: ServerSettings): Promise<void> {
  const before = await localPlatformState(platform.home);
  if (before.kind === 'running') {
    throw new ClaraError('failed', `a platform already runs in ${platform.home} (process ${before.ready.pid})`, { hint: 'stop it first with `clara platform stop`' });
  }
  const { stdin, stdout, stderr } = context.io.terminal;
  context.handOver();
  const over = new AbortController();
  const announced = announce(context, platform, settings, over.signal);
  const args = [platform.program, ...serverArguments(platform.home, { ...platform.defaults, ...settings })];
  const env = Object.fromEntries(Object.entries(platform.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const code = await runInForeground(process.execPath, args, { env, onTerminal: Boolean(stdin.isTTY || stdout.isTTY || stderr.isTTY) });
  over.abort();
  await announced;
  if (code !== 0) throw new ClaraError('failed', `the platform ended with exit code ${code}`, { hint: 'the last lines of its log, above, say why' });
}

/** Prints the endpoints once the server takes calls. */
async function announce(context: Context, platform: LocalPlatform, settings: ServerSettings, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const state = await localPlatformState(platform.home);
    if (state.kind === 'running') {
      await context.io.lines(endpointLines(state.ready, platform.home));
      return adviseEndpoint(context, state.ready, settings);
    }
    await sleep(100);
  }
}
