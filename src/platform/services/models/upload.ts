import { ClaraError } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { type Metadata } from '../../../core/metadata.ts';
import { quoted } from '../../../core/names.ts';
import { parsePayloadPath } from '../../../core/payload-path.ts';
import { ModelType, type ModelDetails, type ModelsUploadModelRequest } from '../../../api/generated/nvidia/clara/platform/models.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { checkAdding } from '../../store/metadata.ts';
import { type IncomingFile } from '../../store/files/incoming.ts';
import { type ModelRecord } from '../../store/models.ts';
import { requireId, storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';

interface Description {
  readonly forcedId: string | undefined;
  readonly name: string;
  readonly type: ModelType;
  readonly metadata: Metadata;
}

/**
 * Takes a model: details on the first message, the archive in chunks (Clara guide, Models Upload RPC). A model of the same
 * name is replaced and keeps its id; its metadata are those of this upload.
 */
export async function uploadModel(stores: Stores, requests: AsyncIterable<ModelsUploadModelRequest>, signal: AbortSignal): Promise<ModelRecord> {
  const { modelFiles, log } = stores;
  let file: IncomingFile | undefined;
  let description: Description | undefined;
  try {
    for await (const { details, data } of requests) {
      description ??= describe(details);
      file ??= modelFiles.receive();
      const behind = file.append(data);
      if (behind !== undefined) await behind;
    }
    if (description === undefined || file === undefined) throw refused('the upload stream was empty: it names no model, and nothing was stored');
    await file.complete(0);
    await modelFiles.sync(file);
    if (signal.aborted) throw new ClaraError('interrupted', 'the caller went away');
    const complete = file;
    const { model, replaced } = record(stores, description, () => modelFiles.keep(complete), complete.size);
    if (replaced !== undefined) await modelFiles.delete(replaced);
    return model;
  } catch (thrown) {
    await file?.discard().catch((left: unknown) => log.warn({ err: left }, 'an unfinished upload is left; it goes at the next start'));
    throw storageFailure(thrown, `model ${quoted(description?.name ?? '')} could not be stored`, WireCode.modelUpload);
  }
}

function record(stores: Stores, description: Description, keep: () => string, size: number): { model: ModelRecord; replaced: string | undefined } {
  const { db, models, metadata } = stores;
  return db.transaction(() => {
    const { forcedId, name, type } = description;
    const sameName = models.named(name);
    if (forcedId !== undefined && sameName !== undefined && sameName.id !== forcedId) {
      throw refused(`the name ${quoted(name)} belongs to model ${sameName.id}, not to ${forcedId}`);
    }
    const before = sameName ?? (forcedId === undefined ? undefined : models.get(forcedId));
    const model = { id: before?.id ?? forcedId ?? newId(), name, type, file: keep(), size };
    models.put(model, Date.now());
    metadata.set('model', model.id, description.metadata);
    return { model, replaced: before?.file };
  });
}

function describe(details: ModelDetails | undefined): Description {
  if (details === undefined) throw refused('the first message of the upload has no details');
  const path = parsePayloadPath(details.name);
  if (path.kind === 'refused' || path.components.length !== 1 || path.components[0] !== details.name) {
    throw refused(details.name === '' ? 'the model has no name' : `${quoted(details.name)} cannot be the name of a model: it must be usable as a file name`);
  }
  if (details.type < ModelType.MODEL_TYPE_UNKNOWN || details.type > ModelType.MODEL_TYPE_PY_TORCH) {
    throw refused(`there is no model type ${details.type}: it is 1 (TensorFlow), 2 (TensorRT) or 3 (PyTorch)`);
  }
  checkAdding({}, details.metadata);
  const forced = details.modelId === undefined || details.modelId.value === '' ? undefined : requireId(details.modelId, 'model', WireCode.invalidModelId);
  return { forcedId: forced, name: details.name, type: details.type, metadata: details.metadata };
}

function refused(message: string): ClaraError {
  return new ClaraError('usage', message, { wireCode: WireCode.modelUpload });
}
