import { restartLocalPlatform, startLocalPlatform } from '../../actions/local-platform.ts';
import { type ReadyMessage } from '../../core/server-home.ts';
import { type ServerSettings } from '../../core/server-settings.ts';
import { type Context } from '../../terminal/context.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { printItem } from '../../terminal/print.ts';
import { type ServerOptions } from './declarations.ts';
import { adviseEndpoint, endpointData, endpointLines } from './endpoint.ts';
import { localPlatform } from './place.ts';

interface StartOptions extends ServerOptions {
  readonly yes: boolean;
  readonly foreground: boolean;
  readonly output: OutputFormat | undefined;
}

/** What the original printed below its release name, word for word (public 0.7.1 transcript). */
const restartNote = 'Note: If there is a running instance of Clara Console, Clara Dicom Adapter or Clara Renderer, they should be restarted.';

/** `clara platform start`: returns when the server takes calls, or with `--foreground` when it has ended. */
export async function start(context: Context, options: StartOptions): Promise<void> {
  const platform = await localPlatform(context);
  const settings = settingsOf(options);
  if (options.foreground) {
    const { startInForeground } = await import('./foreground.ts');
    return startInForeground(context, platform, settings);
  }
  const text = options.output === undefined;
  if (text) await context.io.line('Starting clara...');
  const { kind, ready } = await startLocalPlatform(platform, settings, {
    signal: context.signal,
    onWaiting: (pid) => context.io.note(`waiting for the platform that is starting or stopping (process ${pid ?? 'unknown'})`),
  });
  const lines = kind === 'started' ? ['NAME:   clara', restartNote] : ['clara is already running'];
  await report(context, platform.home, ready, options, lines, { started: kind === 'started' });
  if (kind === 'already-running' && Object.keys(settings).length > 0) {
    context.io.note('the flags were not used; `clara platform restart` with the same flags applies them');
  }
  await adviseEndpoint(context, ready, settings);
}

/** `clara platform restart`: the same server anew, with flags that were given changed. */
export async function restart(context: Context, options: Omit<StartOptions, 'foreground'>): Promise<void> {
  const platform = await localPlatform(context);
  if (options.output === undefined) await context.io.line('Restarting clara...');
  const { stopped, ready, settings } = await restartLocalPlatform(platform, settingsOf(options), { signal: context.signal });
  if (stopped === 'killed') context.io.warn('the platform did not end in time and was killed; its jobs go on');
  await report(context, platform.home, ready, options, ['NAME:   clara', restartNote], { restarted: stopped !== 'not-running' });
  await adviseEndpoint(context, ready, settings);
}

function report(
  context: Context, home: string, ready: ReadyMessage, options: { readonly output: OutputFormat | undefined },
  above: readonly string[], facts: Readonly<Record<string, boolean>>,
): Promise<void> {
  const view = { kind: 'platform', id: () => ready.grpc, data: () => ({ ...endpointData(ready, home), ...facts }) };
  return printItem(context.io, view, ready, () => [...above, ...endpointLines(ready, home)], { output: options.output });
}

/** Only what the user asked for; the rest is left to values.yaml and the server. */
function settingsOf(options: ServerOptions): ServerSettings {
  const { listen, port, resultsPort, resultsLease, resultsRetain, tlsCert, tlsKey, tokenFile, insecure, backend, cpus, memory, gpus, timeoutDefault, timeoutMaximum, timeoutGrace, serviceTimeout, tritonImage } = options;
  const all = {
    listen, port, resultsPort, resultsLease, resultsRetain, tlsCert, tlsKey, tokenFile, insecure: insecure || undefined, backend, cpus, memory, gpus, timeoutDefault, timeoutMaximum, timeoutGrace, serviceTimeout, tritonImage,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as ServerSettings;
}
