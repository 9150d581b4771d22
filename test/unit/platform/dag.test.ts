import { describe, expect, test } from 'vitest';
import { PipelinesDetailsResponse, type PipelinesDetailsResponse_PipelineDagNode } from '../../../src/api/generated/nvidia/clara/platform/pipelines.ts';
import { jobDag, pipelineDag } from '../../../src/platform/services/dag.ts';
import { type GraphNode } from '../../../src/platform/store/pipelines.ts';

type Tree = PipelinesDetailsResponse_PipelineDagNode;

const depthOf = (trees: readonly Tree[]): number => (trees.length === 0 ? 0 : 1 + Math.max(...trees.map(({ next }) => depthOf(next))));
const edgesOf = (trees: readonly Tree[]): string[] => trees.flatMap(({ name, next }) => [...next.map((below) => `${name}>${below.name}`), ...edgesOf(next)]);
const edges = (graph: readonly GraphNode[]) => graph.flatMap(({ name, after }) => after.map((source) => `${source}>${name}`)).sort();
const bytes = (dag: Tree[]) => PipelinesDetailsResponse.encode({ header: undefined, pipelineId: undefined, name: '', definition: undefined, metadata: {}, dag }).finish();

describe('a pipeline', () => {
  test('start nodes with their successors nested, shared ones under each', () => {
    const graph = [{ name: 'd', after: ['b', 'c'] }, { name: 'a', after: [] }, { name: 'b', after: ['a'] }, { name: 'c', after: ['a'] }, { name: 'alone', after: [] }];
    const d = { name: 'd', next: [] };
    expect(pipelineDag(graph)).toEqual([{ name: 'a', next: [{ name: 'b', next: [d] }, { name: 'c', next: [d] }] }, { name: 'alone', next: [] }]);
  });

  test('a chain of a thousand is cut into pieces that every protobuf reader takes, without losing an edge', () => {
    const graph = Array.from({ length: 1000 }, (_, i) => ({ name: `op${i}`, after: i === 0 ? [] : [`op${i - 1}`] }));
    const dag = pipelineDag(graph);
    expect(depthOf(dag)).toBeLessThanOrEqual(90);
    expect([...new Set(edgesOf(dag))].sort()).toEqual(edges(graph));
    expect(PipelinesDetailsResponse.decode(bytes(dag)).dag).toEqual(dag);
  });

  test('branches that meet again and again do not grow without bound', () => {
    const graph: GraphNode[] = [{ name: 'start', after: [] }];
    let last = 'start';
    for (let i = 0; i < 300; i += 1) {
      graph.push({ name: `l${i}`, after: [last] }, { name: `r${i}`, after: [last] }, { name: `m${i}`, after: [`l${i}`, `r${i}`] });
      last = `m${i}`;
    }
    const dag = pipelineDag(graph);
    expect([...new Set(edgesOf(dag))].sort()).toEqual(edges(graph));
    expect(bytes(dag).length).toBeLessThan(100_000);
  });
});

test('a job: every operator with those it waits for', () => {
  expect(jobDag([{ name: 'a', after: [] }, { name: 'b', after: ['a'] }])).toEqual([
    { name: 'a', inputDependencies: [], orderDependencies: [] },
    { name: 'b', inputDependencies: [{ name: 'a', inputDependencies: [], orderDependencies: [] }], orderDependencies: [] },
  ]);
});
