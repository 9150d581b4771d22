import { join } from 'node:path';
import { changeConfigFile } from '../../config/config-file.ts';
import { checkNgcKey, defaultOrgteam, readNgcAccess, writeNgcAccess } from '../../config/ngc.ts';
import { configFile, loadSettings, ngcKeyFromEnvironment, settingSpecs, type SettingKey } from '../../config/settings.ts';
import { ClaraError } from '../../core/errors.ts';
import { nearest } from '../../core/text/nearest.ts';
import { type Context } from '../../terminal/context.ts';
import { confirm } from '../../terminal/output/confirm.ts';
import { askSecret } from '../../terminal/output/prompt.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { printList, type ListView } from '../../terminal/print.ts';

interface Options {
  readonly key: string | undefined;
  readonly orgteam: string | undefined;
  readonly yes: boolean;
  readonly output: OutputFormat | undefined;
}

export async function configure(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const [action, name, value] = args;
  if (action !== undefined && (options.key !== undefined || options.orgteam !== undefined)) {
    throw new ClaraError('usage', `--key and --orgteam do not go with \`config ${action}\``);
  }
  switch (action) {
    case undefined: return storeKey(context, options);
    case 'view': return view(context, options);
    case 'set': return change(context, 'set', name, value);
    case 'unset': return change(context, 'unset', name, value);
    default: {
      const near = nearest(action, ['view', 'set', 'unset']);
      throw new ClaraError('usage', `\`clara config\` does not know \`${action}\``, { hint: near === undefined ? 'it knows view, set and unset' : `did you mean \`clara config ${near}\`?` });
    }
  }
}

/** Clara guide, Installation: `✔ Yes`, then the second line with its missing blank; scripts look for them. */
async function storeKey({ io, signal }: Context, options: Options): Promise<void> {
  const { home } = await loadSettings();
  const stored = await readNgcAccess(home);
  const onlyTeam = options.orgteam !== undefined && options.key === undefined && ngcKeyFromEnvironment() === undefined && stored !== undefined;
  const key = onlyTeam ? stored.key : (await givenKey(io, options.key)) ?? await askSecret(io, 'NGC API key', '`--key -` with the key on standard input, or set NGC_API_KEY', signal);
  checkNgcKey(key);
  const orgteam = options.orgteam ?? stored?.orgteam ?? defaultOrgteam;
  if (!/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)?$/.test(orgteam)) {
    throw new ClaraError('usage', `--orgteam: \`${orgteam}\` is not an organisation and team`, { hint: 'for example: nvidia/clara' });
  }
  if (options.yes) {
    await io.line('✔ Yes');
  } else if (!(await confirm(io, `${stored === undefined ? 'Create' : 'Replace'} the configuration "ngc-clara" for ${orgteam}?`, '-y', signal))) {
    io.note('nothing was stored');
    return;
  }
  await writeNgcAccess(home, { key, orgteam });
  await storeInCluster(io, key, signal);
  await io.line('Configuration "ngc-clara"successfully created');
}

/** Beside the file, where the user has a cluster; that it cannot be had is no reason to fail. */
async function storeInCluster(io: Context['io'], key: string, signal: AbortSignal): Promise<void> {
  const { storePullSecret } = await import('../../actions/pull-secret.ts');
  const result = await storePullSecret(key, signal, (text) => io.detail(text));
  if (result.kind === 'stored') io.note(`${result.said} in the namespace ${result.namespace} of the cluster`);
  if (result.kind === 'failed') io.warn(`the key is stored here, but not in the cluster (${result.reason})`);
}

async function givenKey(io: Context['io'], flag: string | undefined): Promise<string | undefined> {
  if (flag === '-') return (await io.readInput(64 * 1024)).toString('utf8').trim();
  return flag ?? ngcKeyFromEnvironment();
}

interface Row {
  readonly name: string;
  readonly value: string | number | null;
  readonly source: string;
  readonly origin: string;
}

const rows: ListView<Row> = {
  kind: 'setting',
  id: ({ name }) => name,
  data: (row) => row,
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'VALUE', value: ({ value }) => (value === null ? '-' : String(value)) },
    { title: 'SOURCE', value: ({ source, origin }) => (source === 'default' ? source : `${source} ${origin}`) },
  ],
};

async function view(context: Context, { output }: Options): Promise<void> {
  const { resolved, home, configFile: path } = await context.settings();
  const ngc = await readNgcAccess(home);
  const list: Row[] = Object.entries(resolved).map(([name, { value, source, origin }]) => ({
    name, value: name === 'timeout' ? `${Number(value) / 1000}s` : value ?? null, source, origin,
  }));
  list.push({ name: 'configFile', value: path, ...configFileSource(context.globals.config, path, home) });
  // Whether there is a key is worth showing; the key is not.
  list.push({ name: 'ngc-clara', value: ngc === undefined ? null : ngc.orgteam, source: ngc === undefined ? 'default' : 'file', origin: home });
  await printList(context.io, rows, list, { output });
}

function configFileSource(flag: string | undefined, path: string, home: string): { source: string; origin: string } {
  if (flag !== undefined) return { source: 'flag', origin: '--config' };
  return path === join(home, 'config.yaml') ? { source: 'default', origin: 'default' } : { source: 'environment', origin: 'CLARA_CONFIG' };
}

async function change(context: Context, action: 'set' | 'unset', name: string | undefined, value: string | undefined): Promise<void> {
  const { io, globals } = context;
  const keys = Object.keys(settingSpecs);
  const usage = `\`clara config ${action} NAME${action === 'set' ? ' VALUE' : ''}\`, where NAME is one of ${keys.join(', ')}`;
  if (name === undefined) throw new ClaraError('usage', 'missing NAME', { hint: usage });
  if (!keys.includes(name)) {
    const near = nearest(name, keys);
    throw new ClaraError('usage', `there is no setting \`${name}\``, { hint: near === undefined ? usage : `did you mean \`${near}\`?` });
  }
  if (action === 'set' && value === undefined) throw new ClaraError('usage', 'missing VALUE', { hint: usage });
  if (action === 'unset' && value !== undefined) throw new ClaraError('usage', `unexpected argument \`${value}\``, { hint: usage });
  const { path } = configFile(globals);
  if (value !== undefined) settingSpecs[name as SettingKey].parse(value, name);
  const changed = await changeConfigFile(path, name, value);
  io.note(changed ? `${action === 'unset' ? 'removed' : 'set'} ${name} in ${path}` : `${name} was not set in ${path}`);
}
