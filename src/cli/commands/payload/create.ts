import { PayloadsService, PayloadType } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { type Context } from '../../../terminal/context.ts';
import { protocolName } from '../../views/enums.ts';
import { labelLines, printItem, type PrintOptions } from '../../../terminal/print.ts';

export async function createPayload(context: Context, options: PrintOptions & { readonly metadata: ReadonlyMap<string, string> }): Promise<void> {
  const connection = await context.connect();
  const metadata = Object.fromEntries(options.metadata);
  const { payloadId, type } = await connection.service(PayloadsService).create({ metadata }, { signal: context.signal });
  const data = { payloadId: payloadId?.value ?? '', type: protocolName(PayloadType, type) };
  const lines = () => labelLines([['PAYLOAD_ID', data.payloadId], ['PAYLOAD_TYPE', data.type]]);
  await printItem(context.io, { kind: 'payload', id: () => data.payloadId, data: () => data }, data, lines, options);
}
