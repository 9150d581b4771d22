import { type Loose } from '../../../api/contract.ts';
import { packedFiles } from '../../../api/extensions.ts';
import { type PayloadsDownloadRequest, type PayloadsDownloadResponse, type PayloadsUploadRequest } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { pack, packBytes, packedFileBytes, unpack } from '../../../api/packing.ts';
import { PayloadsService } from '../../../api/services.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { ok } from '../common.ts';
import { type Stores } from '../context.ts';
import { downloadFile } from './download.ts';
import { payloadOf } from './rules.ts';

/** Several files, small ones packed; see api/extensions.ts. */
export async function* downloadPacked(stores: Stores, request: PayloadsDownloadRequest): AsyncGenerator<Loose<PayloadsDownloadResponse>> {
  const payload = payloadOf(stores, request.payloadId);
  let packed: Buffer[] = [];
  let bytes = 0;
  const rest = function* () {
    if (packed.length > 0) yield { header: ok, data: pack(packed) };
    [packed, bytes] = [[], 0];
  };
  for (const name of request.name.split(packedFiles.separator)) {
    for await (const message of downloadFile(stores, payload, name)) {
      if (message.details === undefined || message.details.size! > packedFileBytes) {
        yield* rest();
        yield message;
        continue;
      }
      const encoded = PayloadsService.download.responseSerialize({ ...message, header: undefined } as PayloadsDownloadResponse);
      packed.push(encoded);
      bytes += encoded.length;
      if (bytes >= packBytes) yield* rest();
    }
  }
  yield* rest();
}

/** The files of a message that holds several. They are of its payload. */
export function* unpackUpload(request: PayloadsUploadRequest): Generator<PayloadsUploadRequest> {
  try {
    for (const bytes of unpack(request.data)) yield { ...PayloadsService.upload.requestDeserialize(bytes), payloadId: request.payloadId };
  } catch (thrown) {
    throw new ClaraError('usage', `the files of a message could not be told apart (${messageOf(thrown)})`, { wireCode: WireCode.payloadUpload, cause: thrown });
  }
}
