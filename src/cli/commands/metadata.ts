import { JobsService, ModelsService, PayloadsService, PipelinesService } from '../../api/services.ts';
import { type Connection } from '../../api/client.ts';
import { ClaraError } from '../../core/errors.ts';
import { type ResourceKind } from '../../actions/resolve-id.ts';
import { type Context } from '../../terminal/context.ts';
import { printItem, type PrintOptions } from '../../terminal/print.ts';
import { metadataLines, type Metadata } from '../views/metadata.ts';
import { resolveOne } from './ids.ts';

export interface MetadataChanges {
  readonly metadata: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** A command that changes metadata and nothing else. */
export function updateMetadataOf(kind: ResourceKind) {
  return async (context: Context, options: MetadataChanges & PrintOptions, [text]: readonly string[]): Promise<void> => {
    if (!hasChanges(options)) throw new ClaraError('usage', 'nothing to change', { hint: 'give --metadata KEY=VALUE or --remove-metadata KEY' });
    const connection = await context.connect();
    const id = await resolveOne(context, connection, kind, text!);
    await printMetadata(context, kind, id, await changeMetadata(context, connection, kind, id, options), options);
  };
}

export function hasChanges({ metadata, remove }: MetadataChanges): boolean {
  return metadata.size > 0 || remove.length > 0;
}

/**
 * Removes and sets keys, and returns all metadata there is afterwards. The platform refuses to add a key that exists
 * (platform-api 2.6), so a key that is to be set is removed first; keys are compared without case there.
 */
export async function changeMetadata(
  context: Context, connection: Connection, kind: ResourceKind, id: string, { metadata, remove }: MetadataChanges,
): Promise<Metadata> {
  const calls = metadataCalls(context, connection, kind, id);
  const before = await calls.remove([]);
  const present = new Map(Object.keys(before).map((key) => [key.toLowerCase(), key]));
  const absent = remove.filter((key) => !present.has(key.toLowerCase()));
  if (absent.length > 0) throw new ClaraError('not-found', `the ${kind} ${id} has no metadata \`${absent.join('`, `')}\``);
  const leaving = [...new Set([...remove, ...metadata.keys()].flatMap((key) => present.get(key.toLowerCase()) ?? []))];
  const left = leaving.length > 0 ? await calls.remove(leaving) : before;
  if (metadata.size === 0) return left;
  try {
    return await calls.add(Object.fromEntries(metadata));
  } catch (thrown) {
    // A value that the platform refuses must not cost the old one.
    if (leaving.length > 0) await calls.add(Object.fromEntries(leaving.map((key) => [key, before[key]!])));
    throw thrown;
  }
}

export function printMetadata({ io }: Context, kind: ResourceKind, id: string, metadata: Metadata, options: PrintOptions): Promise<void> {
  const view = { kind, id: () => id, data: () => ({ [`${kind}Id`]: id, metadata }) };
  return printItem(io, view, metadata, () => [`${kind.toUpperCase()}_ID:${id}`, ...metadataLines(metadata)], options);
}

interface MetadataCalls {
  readonly add: (metadata: Record<string, string>) => Promise<Metadata>;
  readonly remove: (keys: string[]) => Promise<Metadata>;
}

function metadataCalls({ signal }: Context, connection: Connection, kind: ResourceKind, id: string): MetadataCalls {
  const control = { signal };
  switch (kind) {
    case 'job': {
      const jobs = connection.service(JobsService);
      const jobId = { value: id };
      return {
        add: async (metadata) => (await jobs.addMetadata({ jobId, metadata }, control)).metadata,
        remove: async (keys) => (await jobs.removeMetadata({ jobId, keys }, control)).metadata,
      };
    }
    case 'pipeline': {
      const pipelines = connection.service(PipelinesService);
      const pipelineId = { value: id };
      return {
        add: async (metadata) => (await pipelines.addMetadata({ pipelineId, metadata }, control)).metadata,
        remove: async (keys) => (await pipelines.removeMetadata({ pipelineId, keys }, control)).metadata,
      };
    }
    case 'payload': {
      const payloads = connection.service(PayloadsService);
      const payloadId = { value: id };
      return {
        add: async (metadata) => (await payloads.addMetadata({ payloadId, metadata }, control)).metadata,
        remove: async (keys) => (await payloads.removeMetadata({ payloadId, keys }, control)).metadata,
      };
    }
    case 'model': {
      const models = connection.service(ModelsService);
      const modelId = { value: id };
      return {
        add: async (metadata) => (await models.addMetadata({ modelId, metadata }, control)).metadata,
        remove: async (keys) => (await models.removeMetadata({ modelId, keys }, control)).metadata,
      };
    }
  }
}
