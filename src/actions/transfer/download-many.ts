import { type CallControl, type Connection } from '../../api/client.ts';
import { packedFiles } from '../../api/extensions.ts';
import { unpack } from '../../api/packing.ts';
import { type PayloadsDownloadResponse } from '../../api/generated/nvidia/clara/platform/payloads.ts';
import { PayloadsService } from '../../api/services.ts';
import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';

/** What a batch came to: `unsupported` by a platform that does not know of batches; nothing was received then. */
export type BatchResult = 'received' | 'unsupported';

/**
 * Receives several small files in one call and hands each on when it is whole, in the order of the names. A platform that
 * is not ours takes all the names for one, which does not exist.
 */
export async function receiveMany(
  connection: Connection, payloadId: string, names: readonly string[], control: CallControl, take: (name: string, content: Buffer) => Promise<void>,
): Promise<BatchResult> {
  const metadata = { ...control.metadata, [packedFiles.key]: packedFiles.value };
  const request = { payloadId: { value: payloadId }, name: names.join(packedFiles.separator) };
  let complete = 0;
  let file: { readonly name: string; readonly size: number; received: number; readonly pieces: Buffer[] } | undefined;
  try {
    for await (const { details, data } of unpacked(connection.service(PayloadsService).download(request, { ...control, metadata }), () => file !== undefined)) {
      if (details !== undefined) {
        if (file !== undefined) throw cutShort(file);
        if (details.name !== names[complete]) {
          if (complete === 0) return 'unsupported';
          throw new ClaraError('failed', `the platform sent ${visible(details.name)} instead of ${visible(names[complete] ?? 'nothing')}`);
        }
        file = { name: details.name, size: details.size, received: 0, pieces: [] };
      }
      if (file === undefined) throw new ClaraError('failed', `the platform sent more of ${visible(names[complete - 1] ?? names[0]!)} than it announced`);
      file.pieces.push(data);
      file.received += data.length;
      if (file.received < file.size) continue;
      if (file.received > file.size) throw cutShort(file);
      await take(file.name, file.pieces.length === 1 ? file.pieces[0]! : Buffer.concat(file.pieces));
      complete += 1;
      file = undefined;
    }
  } catch (thrown) {
    const refused = thrown instanceof ClaraError && !['interrupted', 'unreachable'].includes(thrown.kind);
    if (refused && complete === 0 && file === undefined) return 'unsupported';
    throw thrown;
  }
  if (file !== undefined) throw cutShort(file);
  if (complete < names.length) throw new ClaraError('failed', `the platform left out ${visible(names[complete]!)}`, { hint: 'repeat the download' });
  return 'received';
}

/** Every file's own messages. A message without details either goes on with a file, or holds several. */
async function* unpacked(messages: AsyncIterable<PayloadsDownloadResponse>, inFile: () => boolean): AsyncGenerator<PayloadsDownloadResponse> {
  for await (const message of messages) {
    if (message.details !== undefined || inFile()) yield message;
    else for (const bytes of unpack(message.data)) yield PayloadsService.download.responseDeserialize(bytes);
  }
}

function cutShort({ name, size, received }: { readonly name: string; readonly size: number; readonly received: number }): ClaraError {
  return new ClaraError('failed', `${visible(name)} ended after ${received} of ${size} bytes`, { hint: 'repeat the download' });
}
