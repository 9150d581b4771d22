import { foldName, quoted } from '../../core/names.ts';
import { sortGraph, type Graph } from '../graph.ts';
import { type DataType, type Input, type Operator } from '../model.ts';
import { describeType, fit } from '../types.ts';
import { type Mount } from './mounts.ts';
import { type OperatorDraft } from './operator.ts';
import { add, type Check } from './properties.ts';

/** Connects inputs with outputs and orders the operators; the graph is undefined where there is a cycle. */
export function connect(drafts: readonly OperatorDraft[]): { readonly operators: readonly Operator[]; readonly graph: Graph | undefined } {
  const byName = new Map<string, OperatorDraft>();
  for (const draft of drafts) {
    const folded = foldName(draft.name?.text ?? '');
    if (draft.name !== undefined && !byName.has(folded)) byName.set(folded, draft);
  }
  const operators = drafts.map((draft): Operator => ({
    name: draft.name?.text ?? '',
    description: draft.description,
    container: draft.container,
    inputs: connectInputs(draft, byName),
    outputs: draft.outputs.map((output) => ({ name: output.name?.text ?? '', path: output.path, ...typed(output) })),
    requests: draft.requests,
    variables: draft.variables,
    models: draft.models,
    services: draft.services,
  }));
  const named = operators.filter(({ name }, index) => byName.get(foldName(name)) === drafts[index]);
  return { operators, graph: order(named, byName) };
}

function connectInputs(draft: OperatorDraft, byName: ReadonlyMap<string, OperatorDraft>): readonly Input[] {
  const seen = new Set<string>();
  return draft.inputs.map((input) => {
    const connected = connectInput(input, draft, byName);
    if (connected.from !== undefined) {
      const source = `${foldName(connected.from)}/${foldName(connected.name)}`;
      if (seen.has(source)) {
        add(input.of, 'duplicate-input', input.from ?? input.place, 'from', `${draft.of.title} already has an input from this output of ${quoted(connected.from)}`, 'one mount of it is enough');
      }
      seen.add(source);
    }
    return connected;
  });
}

function connectInput(input: Mount, draft: OperatorDraft, byName: ReadonlyMap<string, OperatorDraft>): Input {
  const name = input.name?.text ?? '';
  const rest = { path: input.path, ...typed(input) };
  if (input.from === undefined) return { from: undefined, name, ...rest };
  const source = byName.get(foldName(input.from.text));
  if (source?.name === undefined) {
    reportUnknownOperator(input, draft, byName);
    return { from: undefined, name, ...rest };
  }
  const from = source.name.text;
  const output = source.outputs.find((candidate) => foldName(candidate.name?.text ?? '') === foldName(name));
  if (output !== undefined) checkFit(output, input, draft, source);
  if (output !== undefined || source.unread) return { from, name: output?.name?.text ?? name, ...rest };
  const [only] = source.outputs;
  if (name === '' && source.outputs.length === 1 && only?.name !== undefined) {
    add(input.of, 'unnamed-input', input.from, 'name', `the output of ${quoted(from)} is named ${quoted(only.name.text)}; this input does not say so`, `write name: ${only.name.text}`);
    return { from, name: only.name.text, ...rest };
  }
  reportUnknownOutput(input, draft, source);
  return { from, name, ...rest };
}

function typed({ type }: Mount): { readonly type?: DataType } {
  return type === undefined ? {} : { type };
}

/** What comes out must be what goes in. */
function checkFit(output: Mount, input: Mount, draft: OperatorDraft, source: OperatorDraft): void {
  if (output.type === undefined || input.type === undefined) return;
  const found = fit(output.type, input.type);
  if (found.kind === 'fits') return;
  const ends = `${draft.of.title} reads output ${quoted(output.name?.text ?? '')} of ${quoted(source.name!.text)} as ${describeType(input.type)}`;
  if (found.kind === 'differs') add(input.of, 'type-mismatch', input.typePlace, 'type', `${ends}, but it is ${describeType(output.type)}`, found.why);
  else add(input.of, 'unproven-shape', input.typePlace, 'shape', `${ends}, and it is ${describeType(output.type)}`, found.why);
}

function reportUnknownOperator(input: Mount, draft: OperatorDraft, byName: ReadonlyMap<string, OperatorDraft>): void {
  const place = input.from!;
  const { findings } = checkOf(input);
  // An import without a name of its own here may be the one that is meant.
  if (checkOf(input).reported.has('unread')) return;
  const known = [...byName.values()].filter((operator) => operator !== draft).map((operator) => operator.name!.text);
  add(input.of, 'unknown-operator', place, 'from', `${draft.of.title} reads from ${quoted(place.text)}, which is no operator of this pipeline`,
    findings.didYouMean(place.text, known) ?? 'leave out "from" to read the payload\'s input');
}

function reportUnknownOutput(input: Mount, draft: OperatorDraft, source: OperatorDraft): void {
  const from = source.name!.text;
  const names = source.outputs.flatMap((output) => (output.name === undefined ? [] : [output.name.text]));
  const place = input.name ?? input.from!;
  const property = input.name === undefined ? 'from' : 'name';
  if (source.outputs.length === 0) {
    add(input.of, 'unknown-output', place, property, `${draft.of.title} reads from ${quoted(from)}, which has no output`, `give ${quoted(from)} an output`);
  } else if (input.name === undefined) {
    add(input.of, 'unknown-output', place, property, `${draft.of.title} does not say which output of ${quoted(from)} it reads`, `write name: and one of ${listNames(names)}`);
  } else {
    const { findings } = checkOf(input);
    const help = names.length === 0 ? 'its only output has no name: leave out "name"' : findings.didYouMean(input.name.text, names) ?? `it has ${listNames(names)}`;
    add(input.of, 'unknown-output', place, property, `${draft.of.title} reads output ${quoted(input.name.text)} of ${quoted(from)}, which has no such output`, help);
  }
}

function listNames(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} …` : names.join(', ');
}

function checkOf(input: Mount): Check {
  return input.of.check;
}

function order(operators: readonly Operator[], byName: ReadonlyMap<string, OperatorDraft>): Graph | undefined {
  const sorted = sortGraph(operators.map(({ name, inputs }) => ({ name, dependencies: inputs.flatMap(({ from }) => (from === undefined ? [] : [from])) })));
  if ('graph' in sorted) return sorted.graph;
  for (const cycle of sorted.cycles) {
    // a ← b: the first one's input that is fed by the last one closes the circle.
    const draft = byName.get(foldName(cycle[0]!))!;
    const input = draft.inputs.find(({ from }) => from !== undefined && foldName(from.text) === foldName(cycle.at(-1)!)) ?? draft.inputs[0]!;
    const shown = cycle.length > 20 ? [...cycle.slice(0, 10), `… ${cycle.length - 20} more …`, ...cycle.slice(-10)] : cycle;
    add(input.of, 'cycle', input.from ?? input.place, 'from',
      cycle.length === 1 ? `${draft.of.title} reads its own output` : `operators wait for each other: ${[...shown, cycle[0]].join(' → ')}`,
      'a pipeline has no circles');
  }
  return undefined;
}
