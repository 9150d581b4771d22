import { type CallControl, type Connection } from '../api/client.ts';
import { everyPayload } from '../api/extensions.ts';
import { PayloadsService } from '../api/services.ts';
import { ClaraError } from '../core/errors.ts';

/** A payload that is there, without its files. */
export interface StoredPayload {
  readonly id: string;
  /** Undefined for a reusable one. */
  readonly jobId: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Every payload that the platform has by its id, newest first. The contract has no such call: undefined from a platform
 * that does not know ours (api/extensions.ts) and refuses to tell of a payload without an id.
 */
export async function storedPayloads(connection: Connection, control: CallControl = {}): Promise<ReadonlyMap<string, StoredPayload> | undefined> {
  const found = new Map<string, StoredPayload>();
  try {
    const messages = connection.service(PayloadsService).details({}, { ...control, metadata: { [everyPayload.key]: everyPayload.value } });
    for await (const { payloadId, jobId, metadata } of messages) {
      const id = payloadId?.value ?? '';
      if (id !== '') found.set(id, { id, jobId: (jobId?.value ?? '') === '' ? undefined : jobId!.value, metadata });
    }
  } catch (thrown) {
    if (thrown instanceof ClaraError && (thrown.kind === 'usage' || thrown.kind === 'not-found' || thrown.kind === 'failed')) return undefined;
    throw thrown;
  }
  return found;
}

/** Those of a listing that belong to no job. */
export function reusable(stored: ReadonlyMap<string, StoredPayload> | undefined): StoredPayload[] {
  return [...(stored?.values() ?? [])].filter(({ jobId }) => jobId === undefined);
}
