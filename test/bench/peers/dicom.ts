import { closeSync, openSync, readdirSync, renameSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { openAssociation } from '../../../src/dicom/net/scu/open.ts';
import { contextsFor, sendFiles } from '../../../src/dicom/net/scu/send-files.ts';
import { startScp } from '../../../src/dicom/net/scp/server.ts';
import { type IncomingInstance } from '../../../src/dicom/net/scp/types.ts';
import { DicomFile } from '../../../src/dicom/part10/file.ts';
import { encodeFileHeader } from '../../../src/dicom/part10/header.ts';

/** Receives instances into files, written beside and renamed, without sync; returns its port. */
export async function receiveDicom(folder: string): Promise<number> {
  const store = async ({ data, ...meta }: IncomingInstance): Promise<number> => {
    const path = join(folder, `${meta.sopInstance}.dcm`);
    const file = openSync(`${path}.part`, 'w');
    let header = [encodeFileHeader(meta)];
    for (let batch = await data.nextBatch(); batch !== undefined; batch = await data.nextBatch()) {
      writevSync(file, [...header, ...batch]);
      header = [];
    }
    closeSync(file);
    renameSync(`${path}.part`, path);
    return 0;
  };
  const scp = await startScp({ host: '127.0.0.1', port: 0, decide: () => ({ accept: true, context: ({ transferSyntaxes }) => ({ transferSyntax: transferSyntaxes[0]! }), handler: { store } }) });
  return scp.port;
}

/** Sends all files of a folder over one association. */
export async function sendDicom(port: number, folder: string): Promise<void> {
  const paths = readdirSync(folder).map((name) => join(folder, name));
  const first = await DicomFile.open(paths[0]!);
  await first.close();
  const association = await openAssociation({ host: '127.0.0.1', port, calledAe: 'ANY', callingAe: 'BENCH', contexts: contextsFor([first.meta]) });
  for await (const sent of sendFiles(association, paths)) {
    if (!('result' in sent) || sent.result.status !== 0) throw new Error(`${sent.path} was not stored`);
  }
  await association.release();
}
