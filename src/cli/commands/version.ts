import { build, commit, fullVersion, version } from '../../core/version.ts';
import { type Context } from '../../terminal/context.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { printItem } from '../../terminal/print.ts';

interface Versions {
  readonly client: { readonly version: string; readonly build: string; readonly commit: string };
  readonly platform?: { readonly version: string; readonly host: string };
}

/** Clara guide, Installation: `Clara CLI version: 0.7.1-12788.ae65aea0`, and nothing else unless asked for. */
export async function printVersion(context: Context, options: { readonly output?: OutputFormat | undefined }): Promise<void> {
  const wantsPlatform = context.globals.host !== undefined || context.io.terminal.verbose;
  // Who has no platform at hand still wants to know the one that is here: it is told before the failure.
  let failure: unknown;
  const platform = wantsPlatform ? await platformVersion(context).catch((thrown: unknown) => { failure = thrown; return undefined; }) : undefined;
  const versions: Versions = { client: { version, build, commit }, ...(platform === undefined ? {} : { platform }) };
  const lines = [
    `Clara CLI version: ${fullVersion}`,
    ...(platform === undefined ? [] : [`Clara Platform version: ${platform.version} (${platform.host})`]),
  ];
  await printItem(context.io, { kind: 'version', id: () => fullVersion, data: (data) => data }, versions, () => lines, options);
  if (failure !== undefined) throw failure;
}

async function platformVersion(context: Context): Promise<{ version: string; host: string }> {
  const [connection, { ClaraService }] = await Promise.all([context.connect(), import('../../api/services.ts')]);
  const { version: answer } = await connection.service(ClaraService).version({}, { signal: context.signal });
  const { major = 0, minor = 0, patch = 0, label = '' } = answer ?? {};
  return { version: `${major}.${minor}.${patch}${label === '' ? '' : `-${label}`}`, host: connection.target };
}
