import { closeSync } from 'node:fs';
import { quoted } from '../../../core/names.ts';
import { type Loose } from '../../../api/contract.ts';
import { type PayloadsDownloadResponse } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { type OpenedFile } from '../../store/files/lookup.ts';
import { type PayloadRecord } from '../../store/payloads.ts';
import { ok, storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';
import { fileContent } from '../file-content.ts';
import { ambiguousFile, componentsOf, missingFile } from './rules.ts';

/** One file in pieces; the details are on the first, and an empty file is one message too (platform-api 3.4). */
export async function* downloadFile(stores: Stores, payload: PayloadRecord, name: string): AsyncGenerator<Loose<PayloadsDownloadResponse>> {
  const file = await openFile(stores, payload.id, name);
  try {
    const details = { name, size: file.stats.size, mode: file.stats.mode & 0o777 };
    let first = true;
    for await (const data of fileContent(file.fd, file.stats.size, quoted(name), WireCode.payloadDownload)) {
      yield first ? { header: ok, details, data } : { header: ok, data };
      first = false;
    }
  } catch (thrown) {
    throw storageFailure(thrown, `${quoted(name)} of payload ${payload.id} could not be read`, WireCode.payloadDownload);
  } finally {
    closeSync(file.fd);
  }
}

async function openFile(stores: Stores, payloadId: string, name: string): Promise<OpenedFile> {
  const components = componentsOf(name, WireCode.missingFile);
  try {
    const result = await stores.payloadFiles.lookUp(payloadId, components);
    if (result.kind === 'missing') throw missingFile(name, payloadId);
    if (result.kind === 'ambiguous') throw ambiguousFile(name, result.names);
    return result.file;
  } catch (thrown) {
    throw storageFailure(thrown, `${quoted(name)} of payload ${payloadId} could not be opened`, WireCode.payloadDownload);
  }
}
