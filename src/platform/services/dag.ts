import { type JobsStatusResponse_JobDagNode } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { type PipelinesDetailsResponse_PipelineDagNode } from '../../api/generated/nvidia/clara/platform/pipelines.ts';
import { type GraphNode } from '../store/pipelines.ts';

/** A node with all that follows it, nested. */
type Tree = PipelinesDetailsResponse_PipelineDagNode;

/** Protobuf readers refuse messages nested deeper than 100 levels. */
const maxDepth = 90;
/** Written out, a graph whose branches meet again and again grows exponentially. */
const maxNodes = 10_000;

/**
 * The graph of a pipeline as the wire has it: the operators that wait for nobody, each with its successors nested in it
 * (Clara guide, Pipelines Details RPC). Where that would be too much for a message, the successors of an operator are
 * written once and elsewhere only its name; what would be nested too deeply follows as further entries of the list.
 */
export function pipelineDag(graph: readonly GraphNode[]): Tree[] {
  const successors = new Map<string, string[]>(graph.map(({ name }) => [name, []]));
  for (const { name, after } of graph) for (const source of after) successors.get(source)?.push(name);
  const starts = graph.filter(({ after }) => after.length === 0).map(({ name }) => name);
  const size = sizes(graph, successors);
  const total = starts.reduce((sum, name) => sum + size.get(name)!.nodes, 0);
  const depth = Math.max(0, ...starts.map((name) => size.get(name)!.depth));
  return total <= maxNodes && depth <= maxDepth ? starts.map((name) => fullTree(name, successors)) : sharedTrees(starts, successors);
}

function sizes(graph: readonly GraphNode[], successors: ReadonlyMap<string, readonly string[]>): Map<string, { nodes: number; depth: number }> {
  const size = new Map<string, { nodes: number; depth: number }>();
  const waiting = new Map(graph.map(({ name }) => [name, successors.get(name)!.length]));
  const before = new Map(graph.map(({ name, after }) => [name, after]));
  const ready = graph.filter(({ name }) => waiting.get(name) === 0).map(({ name }) => name);
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const below = successors.get(name)!.map((successor) => size.get(successor)!);
    size.set(name, {
      nodes: below.reduce((sum, { nodes }) => Math.min(sum + nodes, Number.MAX_SAFE_INTEGER), 1),
      depth: 1 + Math.max(0, ...below.map(({ depth }) => depth)),
    });
    for (const source of before.get(name) ?? []) {
      waiting.set(source, waiting.get(source)! - 1);
      if (waiting.get(source) === 0) ready.push(source);
    }
  }
  return size;
}

function fullTree(name: string, successors: ReadonlyMap<string, readonly string[]>): Tree {
  return { name, next: successors.get(name)!.map((successor) => fullTree(successor, successors)) };
}

function sharedTrees(starts: readonly string[], successors: ReadonlyMap<string, readonly string[]>): Tree[] {
  const written = new Set<string>();
  const pending = [...starts];
  const trees: Tree[] = [];
  const write = (name: string, depth: number): Tree => {
    if (written.has(name)) return { name, next: [] };
    if (depth === maxDepth) {
      pending.push(name);
      return { name, next: [] };
    }
    written.add(name);
    return { name, next: successors.get(name)!.map((successor) => write(successor, depth + 1)) };
  };
  for (let index = 0; index < pending.length; index += 1) {
    if (!written.has(pending[index]!)) trees.push(write(pending[index]!, 1));
  }
  return trees;
}

/** The graph of a job as the wire has it: every operator, each with those whose outputs it reads, by name. */
export function jobDag(graph: readonly GraphNode[]): JobsStatusResponse_JobDagNode[] {
  const named = (name: string): JobsStatusResponse_JobDagNode => ({ name, inputDependencies: [], orderDependencies: [] });
  return graph.map(({ name, after }) => ({ ...named(name), inputDependencies: after.map(named) }));
}
