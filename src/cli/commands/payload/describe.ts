import { type Connection } from '../../../api/client.ts';
import { PayloadsService } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { resolvePayload } from '../../../actions/transfer/payload-files.ts';
import { type Context } from '../../../terminal/context.ts';
import { describePayloadLines, payloadDetails, type PayloadDetails } from '../../views/payloads.ts';
import { printItem, type PrintOptions } from '../../../terminal/print.ts';
import { withoutKind } from '../ids.ts';

/** `clara describe payload`: who a payload is, and its files. The id may be that of a job. */
export async function describePayload(context: Context, options: PrintOptions, [text]: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const { payloadId } = await resolvePayload(connection, withoutKind('payload', withoutKind('job', text!)), { signal: context.signal });
  const details = await fetchPayload(connection, payloadId, context.signal);
  await printItem(context.io, payloadDetails, details, () => describePayloadLines(details), options);
}

/** A payload and all its files; only the first message is sure to tell what it is (platform-api 4.3). */
async function fetchPayload(connection: Connection, id: string, signal: AbortSignal): Promise<PayloadDetails> {
  const files: PayloadDetails['files'][number][] = [];
  let details: Omit<PayloadDetails, 'files'> = { payloadId: id, type: 0, jobId: '', metadata: {} };
  let first = true;
  for await (const { type, jobId, metadata, file } of connection.service(PayloadsService).details({ payloadId: { value: id } }, { signal })) {
    if (first) details = { payloadId: id, type, jobId: jobId?.value ?? '', metadata };
    first = false;
    // An empty payload may have a message without a file.
    if (file && file.name !== '') files.push(file);
  }
  return { ...details, files };
}
