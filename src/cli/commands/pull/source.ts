import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { allFiles, openDefinition } from '../../../actions/definition-files.ts';
import { readTree, type Tree } from '../../../actions/installed-tree/read-tree.ts';
import { ClaraError } from '../../../core/errors.ts';
import { nameProblem, quoted } from '../../../core/names.ts';
import { nearest } from '../../../core/text/nearest.ts';
import { fullVersion } from '../../../core/version.ts';
import { parseChart } from './chart-version.ts';
import { components } from './components.ts';

/** What `clara pull` was asked for. */
export interface Wanted {
  readonly word: string;
  /** Of the pipeline. */
  readonly name: string | undefined;
}

/** What can be pulled, checked and described. */
export interface Target {
  /** `platform`, `ct-threshold`; with the folder below ~/.clara. */
  readonly what: string;
  /** Its name for people: `Clara Platform`, `'ct-threshold'`. */
  readonly product: string;
  /** Below the home folder: `charts/clara`, `pipelines/ct-threshold`. */
  readonly folder: readonly [string, string];
  readonly isChart: boolean;
}

/** Pipelines of ours that do what one of NVIDIA's collection did, by the name that it had there. */
const ngcNames: ReadonlyMap<string, string> = new Map([['clara_series_selection_pipeline', 'series-selection']]);

/** Finds what the words mean, without looking anything up. */
export function targetOf({ word, name }: Wanted): Target {
  if (word === 'pipeline' || word === 'pipelines') {
    if (name === undefined) throw new ClaraError('usage', 'missing NAME', { hint: '`clara pull pipeline --help` lists those that ship' });
    const problem = nameProblem(name);
    if (problem !== undefined) throw new ClaraError('usage', `${quoted(name)} ${problem}, and cannot be the name of a pipeline`);
    const plain = ngcNames.get(name) ?? name;
    return { what: plain, product: `'${plain}'`, folder: ['pipelines', plain], isChart: false };
  }
  const component = components.find((known) => known.word === word);
  const words = [...components.map((known) => known.word), 'pipeline'];
  if (component === undefined) {
    const near = nearest(word, words);
    throw new ClaraError('usage', `\`clara pull\` does not know \`${word}\` (it knows ${words.join(', ')})`, near === undefined ? {} : { hint: `did you mean \`clara pull ${near}\`?` });
  }
  if (name !== undefined) throw new ClaraError('usage', `unexpected argument \`${name}\``, { hint: 'only pipelines have names' });
  return { what: word, product: component.product, folder: ['charts', component.folder], isChart: true };
}

/** The files, and their version. */
export interface Pulled {
  readonly files: Tree;
  readonly version: string;
}

/** What ships with `clara`. Fails with `not-found` for what NVIDIA's registry had and nobody has any more. */
export async function shipped(target: Target, packageRoot: string): Promise<Pulled> {
  if (!target.isChart) return shippedPipeline(target.what, join(packageRoot, 'templates', 'pipelines'));
  const folder = join(packageRoot, 'templates', ...target.folder);
  if (await isFolder(folder)) return chartIn(folder);
  throw new ClaraError('not-found', `no chart of ${target.product} ships with clara, and NVIDIA's registry no longer has it`, { hint: 'name a copy of your own with `--from oci://…|URL|DIR`' });
}

async function shippedPipeline(name: string, folder: string): Promise<Pulled> {
  const names = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length)).sort();
  if (!names.includes(name)) {
    const near = nearest(name, names);
    throw new ClaraError('not-found', `no pipeline ${quoted(name)} ships with clara, and NVIDIA's registry no longer has any`, {
      hint: near === undefined ? `these ship: ${names.join(', ')}; for a copy of your own: \`--from oci://…|URL|DIR\`` : `did you mean \`clara pull pipeline ${near}\`?`,
    });
  }
  const definition = allFiles(await openDefinition({ main: [join(folder, `${name}.yaml`)], parts: [] }));
  return { files: new Map(definition.map(({ path, content }) => [path, Buffer.from(content)])), version: fullVersion };
}

/** A folder of the user's: a chart, or a pipeline with at least one definition. */
export async function folderOf(target: Target, folder: string): Promise<Pulled> {
  if (target.isChart) return chartIn(folder);
  const files = await readTree(folder);
  if (![...files.keys()].some((path) => /\.ya?ml$/.test(path))) throw new ClaraError('usage', `${folder} holds no definition (a .yaml file)`);
  const chart = files.get('Chart.yaml');
  return { files, version: chart === undefined ? fullVersion : (await parseChart(chart, folder)).version };
}

async function chartIn(folder: string): Promise<Pulled> {
  const files = await readTree(folder);
  const chart = files.get('Chart.yaml');
  if (chart === undefined) throw new ClaraError('usage', `${folder} is no chart (it has no Chart.yaml)`);
  return { files, version: (await parseChart(chart, folder)).version };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}
