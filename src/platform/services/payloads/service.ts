import { ClaraError } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { everyPayload, jobToo, packedFiles } from '../../../api/extensions.ts';
import { type ServiceHandlers } from '../../../api/server.ts';
import { type PayloadsService } from '../../../api/services.ts';
import { PayloadType } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { type Engine } from '../../engine/engine.ts';
import { checkAdding } from '../../store/metadata.ts';
import { type PayloadRecord } from '../../store/payloads.ts';
import { ok, requireId, storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';
import { deleteJob, deletePayload } from './delete.ts';
import { downloadFile } from './download.ts';
import { downloadPacked, unpackUpload } from './packed.ts';
import { ambiguousFile, componentsOf, missingFile, payloadOf, requireWritable } from './rules.ts';
import { Upload } from './upload.ts';

/** The Payloads service (Clara guide, Payloads API; platform-api 3.4). */
export function payloadsService(stores: Stores, engine: Pick<Engine, 'forget'>): ServiceHandlers<typeof PayloadsService> {
  const { db, payloads, payloadFiles, metadata } = stores;

  /** Metadata belongs to reusable payloads only (Clara guide, Payloads Add Metadata RPC). */
  function describable(identifier: { value: string } | undefined): string {
    const payload = payloadOf(stores, identifier);
    if (payload.type === PayloadType.PAYLOAD_TYPE_REUSABLE) return payload.id;
    throw new ClaraError('usage', `payload ${payload.id} belongs to job ${payload.jobId ?? ''}; only reusable payloads have metadata`, {
      wireCode: WireCode.metadataNotAllowed,
      hint: 'set it on the job instead',
    });
  }

  /** What the first message of Details says beside the file. */
  function introduction({ id, type, jobId }: PayloadRecord) {
    return { header: ok, payloadId: { value: id }, type, metadata: { ...metadata.get('payload', id) }, jobId: jobId === undefined ? undefined : { value: jobId } };
  }

  return {
    async create(request) {
      checkAdding({}, request.metadata);
      const payload = { id: newId(), type: PayloadType.PAYLOAD_TYPE_REUSABLE, jobId: undefined, createdAt: Date.now() };
      try {
        await payloadFiles.create(payload.id, []);
      } catch (thrown) {
        throw storageFailure(thrown, 'the payload could not be created', WireCode.createPayloadFailed);
      }
      try {
        db.transaction(() => {
          payloads.create(payload);
          metadata.add('payload', payload.id, request.metadata);
        });
      } catch (thrown) {
        await payloadFiles.delete(payload.id);
        throw storageFailure(thrown, 'the payload could not be created', WireCode.createPayloadFailed);
      }
      return { header: ok, payloadId: { value: payload.id }, type: payload.type };
    },

    async *details(request, context) {
      if ((request.payloadId?.value ?? '') === '' && context.metadata(everyPayload.key) === everyPayload.value) {
        for (const payload of payloads.list()) yield introduction(payload);
        return;
      }
      const payload = payloadOf(stores, request.payloadId);
      const first = introduction(payload);
      let sent = false;
      try {
        for await (const file of payloadFiles.list(payload.id)) {
          yield sent ? { header: ok, payloadId: first.payloadId, type: payload.type, file } : { ...first, file };
          sent = true;
        }
      } catch (thrown) {
        throw storageFailure(thrown, `payload ${payload.id} could not be listed`, WireCode.payloadDetails);
      }
      // An empty payload is told by one message without a file: zero messages would lose its type and metadata.
      if (!sent) yield first;
    },

    async *download(request, context) {
      if (context.metadata(packedFiles.key) === packedFiles.value) yield* downloadPacked(stores, request);
      else yield* downloadFile(stores, payloadOf(stores, request.payloadId), request.name);
    },

    async upload(requests, context) {
      const upload = new Upload(stores, context.signal);
      const packed = context.metadata(packedFiles.key) === packedFiles.value;
      try {
        for await (const request of requests) {
          if (packed && request.details === undefined) for (const file of unpackUpload(request)) await upload.take(file);
          else await upload.take(request);
        }
        return { header: ok, details: await upload.finish() };
      } catch (thrown) {
        await upload.abandon();
        throw thrown;
      }
    },

    async remove(request) {
      const payload = payloadOf(stores, request.payloadId);
      const components = componentsOf(request.name, WireCode.missingFile);
      requireWritable(stores, payload, WireCode.deleteContents);
      try {
        const result = await payloadFiles.remove(payload.id, components, () => requireWritable(stores, payload, WireCode.deleteContents));
        if (result.kind === 'missing') throw missingFile(request.name, payload.id);
        if (result.kind === 'ambiguous') throw ambiguousFile(request.name, result.names);
      } catch (thrown) {
        throw storageFailure(thrown, `the file could not be removed from payload ${payload.id}`, WireCode.deleteContents);
      }
      return { header: ok };
    },

    async delete(request, context) {
      if (context.metadata(jobToo.key) === jobToo.value) {
        await deleteJob(stores, requireId(request.payloadId, 'payload', WireCode.invalidPayloadId), engine);
        return { header: ok };
      }
      const payload = payloadOf(stores, request.payloadId);
      await deletePayload(stores, payload);
      return { header: ok };
    },

    addMetadata(request) {
      const id = describable(request.payloadId);
      return { header: ok, payloadId: { value: id }, metadata: { ...metadata.add('payload', id, request.metadata) } };
    },

    removeMetadata(request) {
      const id = describable(request.payloadId);
      return { header: ok, payloadId: { value: id }, metadata: { ...metadata.remove('payload', id, request.keys) } };
    },
  };
}
