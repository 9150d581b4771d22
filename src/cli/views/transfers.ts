import { type TransferProgress } from '../../actions/transfer-progress.ts';
import { byteSize, counted } from '../../core/phrases.ts';

/** One line about an upload on its way. */
export function uploadText({ files, bytes, totalFiles, totalBytes }: TransferProgress): string {
  return `uploading ${counted(totalFiles, 'file')}: ${files} stored, ${byteSize(bytes)} of ${byteSize(totalBytes)}`;
}
