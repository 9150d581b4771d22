import { foldName, quoted } from '../../core/names.ts';
import { type Findings } from '../findings.ts';
import { type Pipeline } from '../model.ts';
import { describeKind, type Mapping } from '../source.ts';
import { firstTypedVersion, isAtLeast, type ApiVersion } from '../versions.ts';
import { type Scope } from '../substitute.ts';
import { checkVersion } from './document.ts';
import { checkOperator, operatorProperties, type OperatorDraft } from './operator.ts';
import { add, checkKnown, firstKey, listOf, mappingOf, missing, present, requiredText, scalarOf, subject, type Check, type Subject } from './properties.ts';
import { checkName, checkTexts, checkVariables } from './values.ts';

/** Operators of one definition (design limit). */
export const operatorLimit = 1000;

/** A pipeline as written, before its operators are connected. */
export interface PipelineDraft extends Omit<Pipeline, 'operators'> {
  readonly operators: readonly OperatorDraft[];
}

const properties = ['api-version', 'name', 'description', 'orchestrator', 'parameters', 'operators', 'variables', 'pull-secrets'];

/** Checks the root document, its placeholders replaced (Clara guide, Pipeline). */
export function checkPipeline(root: Mapping, scope: Scope, findings: Findings): PipelineDraft {
  const versionSubject = subject({ findings, version: undefined, reported: new Set() }, 'the pipeline');
  if (present(root, 'api-version') === undefined) missing(root.entries.get('api-version')?.key ?? firstKey(root), 'api-version', versionSubject, 'write api-version: 0.4.0');
  const version = checkVersion(root, versionSubject);
  const check: Check = { findings, version, reported: new Set() };
  const of = subject(check, 'the pipeline');
  const isOperator = root.entries.has('container') && !root.entries.has('operators');
  checkKnown(root, isOperator ? [...properties, ...operatorProperties] : properties, of, {
    services: 'services belong to an operator', models: 'models belong to an operator', container: 'a container belongs to an operator',
    input: 'inputs belong to an operator', output: 'outputs belong to an operator', requests: 'requests belong to an operator',
  });
  const name = requiredText(root, 'name', of);
  if (name !== undefined) checkName(name, of, 'the pipeline');
  mappingOf(root, 'parameters', of);
  return {
    apiVersion: version ?? '',
    name: name?.text ?? '',
    description: scalarOf(root, 'description', of)?.text ?? '',
    orchestrator: checkOrchestrator(root, version, of),
    parameters: parameterDefaults(scope),
    variables: checkVariables(root, of),
    pullSecrets: checkTexts(root, 'pull-secrets', of),
    operators: checkOperators(root, of),
  };
}

function parameterDefaults(scope: Scope): Readonly<Record<string, string>> {
  const defaults = Object.create(null) as Record<string, string>;
  for (const parameter of scope.parameters.values()) defaults[parameter.name] = parameter.default;
  return defaults;
}

function checkOrchestrator(root: Mapping, version: ApiVersion | undefined, of: Subject): Pipeline['orchestrator'] {
  const scalar = scalarOf(root, 'orchestrator', of);
  if (scalar === undefined || scalar.text === '') return undefined;
  const known = (['Clara', 'Argo'] as const).find((name) => foldName(name) === foldName(scalar.text));
  if (known === undefined) {
    add(of, 'bad-orchestrator', scalar, 'orchestrator', `there is no orchestrator ${quoted(scalar.text)}`, of.check.findings.didYouMean(scalar.text, ['Clara', 'Argo']) ?? 'Clara and Argo are known');
  } else if (known === 'Argo' && isAtLeast(version, firstTypedVersion)) {
    add(of, 'bad-orchestrator', scalar, 'orchestrator', `Argo runs no definition of api-version ${version}`, `from ${firstTypedVersion} on it is Clara: remove "orchestrator"`);
  } else if (known === 'Argo') {
    add(of, 'deprecated-orchestrator', scalar, 'orchestrator', 'the orchestrator Argo is deprecated; the operators run all the same', 'remove "orchestrator"');
  }
  return known;
}

function checkOperators(root: Mapping, of: Subject): readonly OperatorDraft[] {
  const list = listOf(root, 'operators', of, 'begin each operator with "- name: …"');
  const key = root.entries.get('operators')?.key;
  if (list === undefined || list.items.length === 0) {
    // A value of the wrong type is reported as such.
    if (list !== undefined || present(root, 'operators') === undefined) {
      const container = root.entries.get('container')?.key;
      if (key === undefined && container !== undefined) add(of, 'no-operators', container, 'operators', 'this is an operator, not a pipeline', 'a pipeline imports it: operators: [{import: {path: …}}]');
      else add(of, 'no-operators', key ?? firstKey(root), 'operators', 'the pipeline has no operators', 'a pipeline has at least one');
    }
    return [];
  }
  if (list.items.length > operatorLimit) {
    add(of, 'too-many-operators', key ?? list, 'operators', `the pipeline has ${list.items.length} operators; ${operatorLimit} are allowed`);
    return [];
  }
  const drafts: OperatorDraft[] = [];
  for (const [index, item] of list.items.entries()) {
    if (item.kind === 'mapping') drafts.push(checkOperator(item, index, of.check));
    else add(of, 'wrong-type', item, `operators[${index}]`, `operator ${index + 1} must be an object, not ${describeKind(item)}`, 'for example - name: reader');
  }
  reportTwins(drafts);
  return drafts;
}

function reportTwins(drafts: readonly OperatorDraft[]): void {
  const names = new Map<string, OperatorDraft>();
  for (const draft of drafts) {
    if (draft.name === undefined) continue;
    const first = names.get(foldName(draft.name.text));
    if (first?.name === undefined) {
      names.set(foldName(draft.name.text), draft);
    } else {
      const { file, start } = first.place;
      add(draft.of, 'duplicate-name', draft.place, 'name', `the name ${quoted(draft.name.text)} is already that of the operator in line ${file.position(start).line}`, 'names of operators differ by more than case');
    }
  }
}
