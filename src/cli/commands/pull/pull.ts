import { join } from 'node:path';
import { installTree, type Installed } from '../../../actions/installed-tree/install.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Context } from '../../../terminal/context.ts';
import { confirm } from '../../../terminal/output/confirm.ts';
import { printItem, type ItemView } from '../../../terminal/print.ts';
import { type OutputFormat } from '../../../terminal/program/options.ts';
import { fetchedFrom, parsePlace } from './fetch.ts';
import { shipped, targetOf, type Target } from './source.ts';

interface Options {
  readonly from: string | undefined;
  readonly chartVersion: string | undefined;
  readonly plainHttp: boolean;
  readonly yes: boolean;
  readonly output: OutputFormat | undefined;
}

interface Report extends Installed {
  readonly target: Target;
  readonly version: string;
  readonly path: string;
}

const view: ItemView<Report> = {
  kind: 'pulled',
  id: ({ target }) => target.what,
  data: ({ target, version, path, written, removed, kept, merged, conflicts }) => ({ name: target.what, version, path, written, removed, kept, merged, conflicts }),
};

/** `clara pull`: installs a chart or a pipeline below ~/.clara, and keeps what the user has changed there. */
export async function pull(context: Context, options: Options, [word = '', name]: readonly string[]): Promise<void> {
  const { io, signal, packageRoot } = context;
  const target = targetOf({ word, name });
  if (options.from === undefined && (options.chartVersion !== undefined || options.plainHttp)) throw new ClaraError('usage', '--chart-version and --plain-http need --from', { hint: 'what ships with clara has one version, its own' });
  const place = options.from === undefined ? undefined : parsePlace(options.from, options);
  const { home } = await context.settings();
  const path = join(home, ...target.folder);
  // What there is not need not be asked about.
  const ready = place === undefined ? await shipped(target, packageRoot) : undefined;
  if (!options.yes && !(await confirm(io, `Pull ${target.product} to ${path}?`, '-y', signal))) {
    io.note('nothing was changed');
    return;
  }
  if (options.yes && options.output === undefined) await io.line('✔ Yes');
  const progress = await io.progress(`pulling ${target.product}`);
  try {
    const { files, version } = ready ?? await fetchedFrom(place!, target, context);
    const memory = join(home, '.pulled', ...target.folder);
    const installed = await installTree(files, path, memory);
    progress.stop();
    await printItem(io, view, { target, version, path, ...installed }, () => text(target, version, path), options);
    tellChanges(context, installed, path, memory);
  } finally {
    progress.stop();
  }
}

/** Reference: plugins, clara-pull. */
function text({ product, what, isChart }: Target, version: string, path: string): readonly string[] {
  if (!isChart) return [`Version ${version} of ${product}`, `Pipeline saved at: ${path}`];
  return [
    `${product} ${version}`,
    `Chart saved at: ${path}`,
    `Hint: use "clara ${what} start" or "clara ${what} restart" to deploy pulled ${product}.`,
  ];
}

function tellChanges({ io }: Context, { kept, merged, conflicts, removed }: Installed, path: string, memory: string): void {
  for (const file of kept) io.note(`${join(path, file)} has changes of yours, and stays as it is`);
  for (const file of merged) io.note(`${join(path, file)} has your changes, and those of the new version`);
  for (const file of removed) io.detail(`${join(path, file)} no longer belongs to it, and was removed`);
  for (const file of conflicts) io.warn(`${join(path, file)}: you and the new version changed the same lines; yours stand, and the new ones are in ${join(memory, file)}`);
}
