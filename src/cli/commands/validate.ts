import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { openDefinition, type LocalDefinition } from '../../actions/definition-files.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Finding } from '../../pipeline/findings.ts';
import { definitionSchema } from '../../pipeline/schema.ts';
import { loadForJob, type LoadedForJob } from '../../pipeline/variables.ts';
import { type Context } from '../../terminal/context.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { formatJson } from '../../terminal/output/format.ts';
import { type Io } from '../../terminal/output/io.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { findingTexts, shownFindings, unfit } from '../views/findings.ts';
import { printList, type ListView } from '../../terminal/print.ts';

interface Options {
  readonly pipeline: readonly string[];
  readonly files: readonly string[];
  readonly set: ReadonlyMap<string, string>;
  readonly strict: boolean;
  readonly schema: boolean;
  readonly output: OutputFormat | undefined;
}

/** One definition and what was found in it; also the item of `-o json`. */
interface Report {
  readonly file: string;
  readonly valid: boolean;
  readonly findings: readonly Finding[];
}

interface Checked {
  readonly report: Report;
  readonly loaded: LoadedForJob;
  readonly definition: LocalDefinition;
}

/** `clara validate`: everything that is wrong with each definition; the platform is not asked. */
export async function validateDefinitions({ io }: Context, options: Options, args: readonly string[]): Promise<void> {
  if (options.schema) return io.line(formatJson(definitionSchema()));
  const { strict, output } = options;
  const checked = await checkAll(io, options, args);
  const reports = checked.map(({ report }) => report);
  if (output === undefined) for (const each of checked) await printReport(io, each);
  else await printList(io, view, reports, { output });
  const invalid = reports.filter(({ valid }) => !valid).length;
  if (invalid > 0) throw new ClaraError('usage', summary(reports, invalid, strict));
}

const view: ListView<Report> = { kind: 'definition', id: ({ file }) => file, data: (report) => report, columns: [] };

/** Files that a pattern matches and another definition imports are parts of that one, and not checked by themselves. */
async function checkAll(io: Io, { pipeline, files, set, strict }: Options, args: readonly string[]): Promise<readonly Checked[]> {
  const names = [...pipeline, ...args];
  if (names.length === 0) throw new ClaraError('usage', 'no definition is named', { hint: 'give -p FILE, or a pattern such as -p \'pipelines/**/*.yaml\'' });
  const paths = await expand(names);
  const given = [...set].map(([name, value]) => ({ name, value }));
  const checked: { readonly path: string; readonly matched: boolean; readonly result: Checked; readonly problem: ClaraError | undefined }[] = [];
  const imported = new Set<string>();
  for (const { path, matched } of paths) {
    const definition = await openDefinition({ main: [path], parts: files }, { input: (most) => io.readInput(most) });
    const loaded = loadForJob(definition.files, given, { find: definition.find });
    for (const file of loaded.files.slice(1)) imported.add(resolve(definition.shown(file.path)));
    const problem = loaded.problems.length > 0 ? unfit(path, loaded.problems) : undefined;
    checked.push({ path, matched, result: { report: reportOf(path, loaded, definition, strict), loaded, definition }, problem });
  }
  const wanted = checked.filter(({ path, matched }) => !matched || !imported.has(resolve(path)));
  // No file is wrong then: the command is.
  for (const { problem } of wanted) if (problem !== undefined) throw problem;
  return wanted.map(({ result }) => result);
}

function reportOf(file: string, { findings }: LoadedForJob, definition: LocalDefinition, strict: boolean): Report {
  const counted = shownFindings(findings, definition).map((finding) => (strict ? { ...finding, severity: 'error' as const } : finding));
  return { file, valid: counted.every(({ severity }) => severity !== 'error'), findings: counted };
}

async function printReport(io: Io, { report: { file, findings }, loaded, definition }: Checked): Promise<void> {
  for (const text of findingTexts(findings, loaded, definition, io.style)) await io.line(`${text}\n`);
  await io.line(`${escapeControls(file)}: ${findings.length === 0 ? io.style.good('valid') : count(findings)}`);
}

/** `valid, 1 warning` or `2 errors, 1 warning`. */
function count(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  return [errors === 0 ? 'valid' : plural(errors, 'error'), ...(warnings === 0 ? [] : [plural(warnings, 'warning')])].join(', ');
}

function summary(reports: readonly Report[], invalid: number, strict: boolean): string {
  const errors = reports.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'error').length;
  const what = reports.length === 1 ? 'the definition is not valid' : `${invalid} of ${reports.length} definitions are not valid`;
  return `${what} (${plural(errors, 'error')}${strict ? ', warnings included' : ''})`;
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Patterns become the files they match, sorted; a name that exists is that file, whatever characters it has. */
async function expand(names: readonly string[]): Promise<readonly { readonly path: string; readonly matched: boolean }[]> {
  const paths = new Map<string, boolean>();
  for (const name of names) {
    if (!/[*?[{]/.test(name) || await stat(name).then(() => true, () => false)) {
      paths.set(name, false);
      continue;
    }
    const { glob } = await import('tinyglobby');
    const found = await glob(name, { expandDirectories: false, onlyFiles: true, absolute: isAbsolute(name) });
    if (found.length === 0) throw new ClaraError('usage', `no file matches ${name}`, { hint: 'put the pattern in quotes, so that it is not expanded by the shell' });
    for (const path of found.sort()) if (!paths.has(path)) paths.set(path, true);
  }
  return [...paths].map(([path, matched]) => ({ path, matched }));
}
