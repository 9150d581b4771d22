import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openAssociation } from '../../../src/dicom/net/scu/open.ts';
import { contextsFor, sendFiles } from '../../../src/dicom/net/scu/send-files.ts';
import { DicomFile } from '../../../src/dicom/part10/file.ts';

/** Sends all files of a folder over one association. */
export async function sendDicom(port: number, folder: string): Promise<void> {
  const paths = readdirSync(folder).map((name) => join(folder, name));
  const first = await DicomFile.open(paths[0]!);
  await first.close();
  const association = await openAssociation({ host: '127.0.0.1', port, calledAe: 'CLARA', callingAe: 'BENCH', contexts: contextsFor([first.meta]) });
  for await (const sent of sendFiles(association, paths)) {
    if (!('result' in sent) || sent.result.status !== 0) throw new Error(`${sent.path} was not stored`);
  }
  await association.release();
}
