import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { decodeDefinition, readDefinitionFile } from '../../actions/definition-files.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Finding } from '../../pipeline/findings.ts';
import { definitionLimit } from '../../pipeline/imports/definition-set.ts';
import { type DefinitionFile } from '../../pipeline/model.ts';
import { renderFinding, type Paint } from '../../pipeline/render.ts';
import { SourceFile } from '../../pipeline/source.ts';
import { loadForJob } from '../../pipeline/variables.ts';
import { type Context } from '../context.ts';
import { escapeControls } from '../output/escape.ts';
import { type Io } from '../output/io.ts';
import { type OutputFormat } from '../program/options.ts';
import { printList, type ListView } from '../views/print.ts';

interface Options {
  readonly pipeline: readonly string[];
  readonly set: ReadonlyMap<string, string>;
  readonly strict: boolean;
  readonly output: OutputFormat | undefined;
}

/** One definition and what was found in it; also the item of `-o json`. */
interface Report {
  readonly file: string;
  readonly valid: boolean;
  readonly findings: readonly Finding[];
}

/** `clara validate`: everything that is wrong with each definition; the platform is not asked. */
export async function validateDefinitions({ io }: Context, { pipeline, set, strict, output }: Options, args: readonly string[]): Promise<void> {
  const paths = await expand([...pipeline, ...args]);
  const given = [...set].map(([name, value]) => ({ name, value }));
  const reports: Report[] = [];
  for (const path of paths) {
    const file = path === '-' ? decodeDefinition('-', await io.readInput(definitionLimit)) : await readDefinitionFile(path);
    const report = check(file, given, strict);
    reports.push(report);
    if (output === undefined) await printReport(io, report, file);
  }
  if (output !== undefined) await printList(io, view, reports, { output });
  const invalid = reports.filter(({ valid }) => !valid).length;
  if (invalid > 0) throw new ClaraError('usage', summary(reports, invalid, strict));
}

const view: ListView<Report> = { kind: 'definition', id: ({ file }) => file, data: (report) => report, columns: [] };

/** The findings of one definition; a value that it has no use for ends the command, since no file is wrong then. */
function check(file: DefinitionFile, given: readonly { name: string; value: string }[], strict: boolean): Report {
  const { findings, problems } = loadForJob([file], given);
  const [problem] = problems;
  if (problem !== undefined) {
    throw new ClaraError('usage', `--set does not fit ${file.path}: ${problem.message}`, { details: problems.slice(1).map(({ message }) => message), hint: problem.help });
  }
  const counted = strict ? findings.map((finding) => ({ ...finding, severity: 'error' as const })) : findings;
  return { file: file.path, valid: counted.every(({ severity }) => severity !== 'error'), findings: counted };
}

async function printReport(io: Io, { file, findings }: Report, source: DefinitionFile): Promise<void> {
  const text = new SourceFile(source);
  const paint = painter(io);
  for (const finding of findings) await io.line(`${renderFinding(finding, text, paint)}\n`);
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

function painter({ style }: Io): Paint {
  const styles = { error: style.bad, warning: style.busy, title: style.strong, frame: style.faint, mark: style.bad, help: style.strong };
  return (part, text) => styles[part](text);
}

/** Patterns become the files they match, sorted; a name that exists is that file, whatever characters it has. */
async function expand(names: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const name of names) {
    if (!/[*?[{]/.test(name) || await stat(name).then(() => true, () => false)) {
      paths.push(name);
      continue;
    }
    const { glob } = await import('tinyglobby');
    const found = await glob(name, { expandDirectories: false, onlyFiles: true, absolute: isAbsolute(name) });
    if (found.length === 0) throw new ClaraError('usage', `no file matches ${name}`, { hint: 'put the pattern in quotes, so that it is not expanded by the shell' });
    paths.push(...found.sort());
  }
  return [...new Set(paths)];
}
