import { type LocalDefinition } from '../../actions/definition-files.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Finding } from '../../pipeline/findings.ts';
import { type Loaded } from '../../pipeline/load.ts';
import { renderFinding, type Paint } from '../../pipeline/render.ts';
import { SourceFile } from '../../pipeline/source.ts';
import { type VariableProblem } from '../../pipeline/variables.ts';
import { type Style } from '../../terminal/output/style.ts';

/** The findings with their files as they are found from the working directory. */
export function shownFindings(findings: readonly Finding[], { shown }: Pick<LocalDefinition, 'shown'>): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, file: shown(finding.file) }));
}

/** Each finding as compilers show it. The files are those of the definition, the findings have them as they are shown. */
export function findingTexts(findings: readonly Finding[], { files }: Pick<Loaded, 'files'>, { shown }: Pick<LocalDefinition, 'shown'>, style: Style): readonly string[] {
  const sources = new Map(files.map((file) => [shown(file.path), new SourceFile(file)]));
  const paint = painter(style);
  return findings.map((finding) => renderFinding(finding, sources.get(finding.file), paint));
}

function painter(style: Style): Paint {
  const styles = { error: style.bad, warning: style.busy, title: style.strong, frame: style.faint, mark: style.bad, help: style.strong };
  return (part, text) => styles[part](text);
}

/** Why values that were given with `--set` cannot be used. */
export function unfit(file: string, problems: readonly VariableProblem[]): ClaraError {
  const [problem, ...more] = problems;
  return new ClaraError('usage', `--set does not fit ${file}: ${problem!.message}`, {
    details: more.map(({ message }) => message), ...(problem!.help === undefined ? {} : { hint: problem!.help }),
  });
}
