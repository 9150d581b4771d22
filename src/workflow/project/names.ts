import { ClaraError } from '../../core/errors.ts';
import { quoted } from '../../core/names.ts';
import { templateStage } from './open.ts';

/** Words that YAML 1.1, which Helm reads, takes for something else than text. */
const notText = /^(y|n|yes|no|on|off|true|false|null)$/i;

/** Why a text cannot be the name of a stage, as the end of a sentence: it is a container's name, a key of YAML and a folder. */
export function stageNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > 63) return `has ${name.length} characters; 63 are allowed`;
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) return 'is not made of lower-case letters, digits and inner dashes, a letter first';
  if (name === templateStage) return 'is the folder that stages are copied from';
  return notText.test(name) ? 'means something else in YAML' : undefined;
}

export function checkStageName(name: string): void {
  const problem = stageNameProblem(name);
  if (problem !== undefined) throw new ClaraError('usage', `${quoted(name)} ${problem}, and cannot be the name of a stage`);
}

export function checkWorkflowId(id: string): void {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(id)) return;
  throw new ClaraError('usage', `${quoted(id)} cannot be the id of a workflow`, { hint: '1 to 63 letters, digits, and inner dashes, dots and underscores' });
}

/** A text as a value or key of YAML: plain where it stays a text, else in double quotes. */
export function yamlText(text: string): string {
  return /^[A-Za-z][A-Za-z0-9._\/-]*$/.test(text) && !notText.test(text) ? text : JSON.stringify(text);
}
