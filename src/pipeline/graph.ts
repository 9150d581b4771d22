import { type Operator } from './model.ts';

/** In which order the operators of a pipeline can run. All names are spelled as they are declared. */
export interface Graph {
  /** Every operator once, each behind all that it depends on; those of one level in the order of the definition. */
  readonly order: readonly string[];
  /** Operators whose dependencies are all in earlier levels: those of one level may run side by side. */
  readonly levels: readonly (readonly string[])[];
  /** Operators that wait for no other, in the order of the definition. */
  readonly roots: readonly string[];
  /** Of each operator those whose outputs it reads, each once. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  /** Of each operator those that read its outputs, each once, in the order of the definition. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

export interface GraphNode {
  readonly name: string;
  /** Names of nodes; unknown ones are not there. */
  readonly dependencies: readonly string[];
}

/** The graph of a loaded pipeline, or its cycles, each in the direction of the data. */
export type SortedGraph = { readonly graph: Graph } | { readonly cycles: readonly (readonly string[])[] };

/** The graph of operators that are known to have no cycle: those of a loaded pipeline. */
export function graphOf(operators: readonly Operator[]): Graph {
  const sorted = sortGraph(operators.map(({ name, inputs }) => ({ name, dependencies: inputs.flatMap(({ from }) => (from === undefined ? [] : [from])) })));
  if ('cycles' in sorted) throw new Error(`a loaded pipeline has the cycle ${sorted.cycles[0]?.join(' → ')}`);
  return sorted.graph;
}

/** Orders nodes by level in linear time; names are unique and compared as they are. Nodes without any edge are kept. */
export function sortGraph(nodes: readonly GraphNode[]): SortedGraph {
  const dependencies = new Map(nodes.map(({ name, dependencies: names }) => [name, [...new Set(names)]]));
  const dependents = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  const waiting = new Map<string, number>();
  for (const [name, sources] of dependencies) {
    waiting.set(name, sources.length);
    for (const source of sources) dependents.get(source)!.push(name);
  }
  const rank = new Map(nodes.map(({ name }, index) => [name, index]));
  const levels: string[][] = [];
  let level = nodes.filter(({ name }) => waiting.get(name) === 0).map(({ name }) => name);
  let done = 0;
  while (level.length > 0) {
    levels.push(level);
    done += level.length;
    const next: string[] = [];
    for (const dependent of level.flatMap((name) => dependents.get(name)!)) {
      const left = waiting.get(dependent)! - 1;
      waiting.set(dependent, left);
      if (left === 0) next.push(dependent);
    }
    level = next.sort((left, right) => rank.get(left)! - rank.get(right)!);
  }
  if (done < nodes.length) return { cycles: findCycles(nodes.map(({ name }) => name).filter((name) => waiting.get(name)! > 0), dependencies, dependents) };
  return { graph: { order: levels.flat(), levels, roots: levels[0] ?? [], dependencies, dependents } };
}

/** A longest chain of operators that wait for each other, in the direction of the data: the job takes at least as long as they do. The first of equals. */
export function criticalPath({ levels, dependencies }: Graph): readonly string[] {
  const level = new Map(levels.flatMap((names, index) => names.map((name) => [name, index] as const)));
  const path: string[] = [];
  for (let name = levels.at(-1)?.[0]; name !== undefined;) {
    path.push(name);
    const above = level.get(name)! - 1;
    name = dependencies.get(name)!.find((source) => level.get(source) === above);
  }
  return path.reverse();
}

/** Each knot costs a walk over all edges. */
const cycleLimit = 100;

type Edges = ReadonlyMap<string, readonly string[]>;

/** One shortest cycle for each knot of nodes that depend on each other, starting at the first node of the knot. */
function findCycles(left: readonly string[], dependencies: Edges, dependents: Edges): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const assigned = new Set<string>();
  const candidates = new Set(left);
  for (const start of left) {
    if (assigned.has(start)) continue;
    const ahead = reach(start, dependents, candidates);
    if (!ahead.has(start)) continue;
    const behind = reach(start, dependencies, candidates);
    for (const name of ahead.keys()) if (behind.has(name)) assigned.add(name);
    const cycle: string[] = [];
    for (let name = ahead.get(start)!; name !== start; name = ahead.get(name)!) cycle.unshift(name);
    cycles.push([start, ...cycle]);
    if (cycles.length === cycleLimit) break;
  }
  return cycles;
}

/** Everything within reach of a node over at least one edge, each with the node before it on a shortest way. */
function reach(start: string, edges: Edges, within: ReadonlySet<string>): ReadonlyMap<string, string> {
  const before = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const next of edges.get(name) ?? []) {
      if (before.has(next) || !within.has(next)) continue;
      before.set(next, name);
      queue.push(next);
    }
  }
  return before;
}
