import { ClaraError } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { type Metadata } from '../../../core/metadata.ts';
import { type Loose } from '../../../api/contract.ts';
import { type ServiceHandlers } from '../../../api/server.ts';
import { type PipelinesService } from '../../../api/services.ts';
import { type PipelinesDetailsResponse } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { checkAdding } from '../../store/metadata.ts';
import { type PipelineRecord } from '../../store/pipelines.ts';
import { found, ok, requireId, storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';
import { pipelineDag } from '../dag.ts';
import { DefinitionFiles } from './definition-stream.ts';
import { splitText, textRoom } from './text-chunks.ts';

/** The Pipelines service (Clara guide, Pipelines API; platform-api 3.2). */
export function pipelinesService(stores: Stores): ServiceHandlers<typeof PipelinesService> {
  const { db, pipelines, jobs, metadata } = stores;

  function pipelineOf(identifier: { value: string } | undefined): PipelineRecord {
    const id = requireId(identifier, 'pipeline', WireCode.invalidPipelineId);
    return found(pipelines.get(id), 'pipeline', id, WireCode.missingPipeline);
  }

  function persist(what: string, wireCode: typeof WireCode.pipelineStore | typeof WireCode.pipelineUpdate, work: () => void): void {
    try {
      db.transaction(work);
    } catch (thrown) {
      throw storageFailure(thrown, `the pipeline could not be ${what}`, wireCode);
    }
  }

  return {
    async create(requests) {
      const files = new DefinitionFiles();
      let pairs: Metadata = {};
      let forced: string | undefined;
      for await (const { definition, pipelineId, metadata: given } of requests) {
        files.add(definition);
        if (pipelineId !== undefined && pipelineId.value !== '') forced = requireId(pipelineId, 'pipeline', WireCode.invalidPipelineId);
        pairs = joined(pairs, given);
      }
      checkAdding({}, pairs);
      const revision = files.load();
      const id = forced ?? newId();
      persist('stored', WireCode.pipelineStore, () => {
        if (pipelines.get(id) !== undefined) {
          throw new ClaraError('failed', `there is a pipeline ${id} already`, { wireCode: WireCode.pipelineStore, hint: 'update it, or remove it first' });
        }
        pipelines.create(id, revision, Date.now());
        metadata.add('pipeline', id, pairs);
      });
      return { header: ok, pipelineId: { value: id } };
    },

    async *details(request) {
      const pipeline = pipelineOf(request.pipelineId);
      const first = {
        header: ok,
        pipelineId: { value: pipeline.id },
        name: pipeline.name,
        metadata: { ...metadata.get('pipeline', pipeline.id) },
        dag: pipelineDag(pipelines.graph(pipeline.id, pipeline.revision)),
      };
      let message: Loose<PipelinesDetailsResponse> = first;
      // One message per file, because NVIDIA's client does not join chunks; only what no message can hold is divided.
      for (const { path, content } of pipelines.files(pipeline.id, pipeline.revision) ?? []) {
        for (const part of splitText(content, textRoom(message))) {
          yield { ...message, definition: { path, content: part } };
          message = { header: ok, pipelineId: first.pipelineId, name: pipeline.name };
        }
      }
    },

    async *list() {
      for (const { id, name } of pipelines.list()) {
        yield { header: ok, details: { pipelineId: { value: id }, name, metadata: { ...metadata.get('pipeline', id) } } };
      }
    },

    remove(request) {
      const pipeline = pipelineOf(request.pipelineId);
      db.transaction(() => {
        const unfinished = jobs.unfinished(pipeline.id);
        if (unfinished > 0) {
          throw new ClaraError('failed', `pipeline ${pipeline.id} has ${unfinished === 1 ? 'a job that has' : `${unfinished} jobs that have`} not stopped`, {
            wireCode: WireCode.pipelineStore,
            hint: 'cancel them, or wait until they have ended',
          });
        }
        pipelines.remove(pipeline.id);
        metadata.clear('pipeline', pipeline.id);
      });
      return { header: ok };
    },

    async update(requests) {
      const files = new DefinitionFiles();
      let pipeline: PipelineRecord | undefined;
      for await (const request of requests) {
        if (pipeline === undefined) pipeline = pipelineOf(request.pipelineId);
        else if (request.pipelineId !== undefined && pipelineOf(request.pipelineId).id !== pipeline.id) {
          throw new ClaraError('usage', 'one update stream is for one pipeline', { wireCode: WireCode.pipelineUpdate });
        }
        files.add(request.definition);
      }
      const revision = files.load();
      const { id } = pipeline!;
      persist('updated', WireCode.pipelineUpdate, () => {
        found(pipelines.get(id), 'pipeline', id, WireCode.missingPipeline);
        pipelines.update(id, revision, Date.now());
      });
      return { header: ok };
    },

    addMetadata(request) {
      const { id } = pipelineOf(request.pipelineId);
      return { header: ok, pipelineId: { value: id }, metadata: { ...metadata.add('pipeline', id, request.metadata) } };
    },

    removeMetadata(request) {
      const { id } = pipelineOf(request.pipelineId);
      return { header: ok, pipelineId: { value: id }, metadata: { ...metadata.remove('pipeline', id, request.keys) } };
    },
  };
}

/** NVIDIA's client repeats the whole metadata on every message: a pair that is there already is not a duplicate. */
function joined(known: Metadata, given: Metadata): Metadata {
  const fresh = Object.entries(given).filter(([key, value]) => known[key] !== value);
  checkAdding(known, Object.fromEntries(fresh));
  return fresh.length === 0 ? known : { ...known, ...Object.fromEntries(fresh) };
}
