import { type PipelinesDetailsResponse_PipelineDagNode as DagNode } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { criticalPath, sortGraph, type Graph } from '../../../pipeline/graph.ts';
import { type Operator } from '../../../pipeline/model.ts';

/** A pipeline's graph, ready to be drawn in any form. Names are those of operators: letters, digits, `-` and `_`. */
export interface Drawing {
  readonly title: string;
  readonly levels: readonly (readonly string[])[];
  readonly edges: readonly Edge[];
  readonly criticalPath: readonly string[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Names of the outputs that go this way; empty where they have none. */
  readonly labels: readonly string[];
}

/** The drawing of a definition that was loaded. */
export function drawingOf(title: string, operators: readonly Operator[], graph: Graph): Drawing {
  const edges = operators.flatMap(({ name: to, inputs }) => graph.dependencies.get(to)!.map((from): Edge => ({
    from, to, labels: inputs.filter((input) => input.from === from && input.name !== '').map(({ name }) => name),
  })));
  return { title, levels: graph.levels, edges, criticalPath: criticalPath(graph) };
}

/** The same from the graph that a platform tells, which has no names of outputs. */
export function drawingOfDag(title: string, dag: readonly DagNode[]): Drawing {
  const dependencies = new Map<string, Set<string>>();
  const queue = [...dag];
  for (const { name } of dag) dependencies.set(name, new Set());
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (!dependencies.has(node.name)) dependencies.set(node.name, new Set());
    for (const next of node.next) {
      if (!dependencies.has(next.name)) dependencies.set(next.name, new Set());
      dependencies.get(next.name)!.add(node.name);
      queue.push(next);
    }
  }
  const sorted = sortGraph([...dependencies].map(([name, from]) => ({ name, dependencies: [...from] })));
  if ('cycles' in sorted) return { title, levels: [[...dependencies.keys()]], edges: [], criticalPath: [] };
  const edges = [...dependencies].flatMap(([to, sources]) => [...sources].map((from): Edge => ({ from, to, labels: [] })));
  return { title, levels: sorted.graph.levels, edges, criticalPath: criticalPath(sorted.graph) };
}
