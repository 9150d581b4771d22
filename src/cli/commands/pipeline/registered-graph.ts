import { loadPipeline } from '../../../pipeline/load.ts';
import { type GraphFormat } from '../../declarations/parts.ts';
import { drawingOf, drawingOfDag } from '../../views/graph/drawing.ts';
import { type PipelineDetails } from '../../views/pipelines.ts';
import { graphLines } from '../graph.ts';

/** The graph of a registered definition, with the names of outputs; of one that does not load here the graph that the platform tells. */
export function registeredGraph({ name, definition, dag }: PipelineDetails, format: GraphFormat): readonly string[] {
  const { pipeline, graph } = loadPipeline(definition);
  return graphLines(pipeline !== undefined && graph !== undefined ? drawingOf(pipeline.name, pipeline.operators, graph) : drawingOfDag(name, dag), format);
}
