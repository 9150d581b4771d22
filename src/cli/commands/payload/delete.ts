import { PayloadsService } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { type Context } from '../../../terminal/context.ts';
import { type PrintOptions } from '../../../terminal/print.ts';
import { forEachId } from '../each.ts';
import { resolveAll } from '../ids.ts';

export async function deletePayloads(context: Context, options: PrintOptions, args: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const payloads = connection.service(PayloadsService);
  await forEachId(context, 'payload', await resolveAll(context, connection, 'payload', args), options, async (id) => {
    await payloads.delete({ payloadId: { value: id } }, { signal: context.signal });
    return { id, labels: [['PAYLOAD_ID', id]], data: { payloadId: id } };
  });
}
