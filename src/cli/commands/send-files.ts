import { type Connection } from '../../api/client.ts';
import { upload, type Uploaded } from '../../actions/transfer/upload.ts';
import { describeNotes, planUpload, type UploadPlan } from '../../actions/transfer/upload-plan.ts';
import { type Context } from '../../terminal/context.ts';
import { Meter } from '../../terminal/output/meter.ts';

/** What will be uploaded; whatever the user should know about it goes to stderr. */
export async function planFiles({ io, signal }: Context, paths: readonly string[]): Promise<UploadPlan> {
  const plan = await planUpload(paths, signal);
  for (const note of describeNotes(plan.notes)) io.warn(note);
  return plan;
}

export interface Sent extends Uploaded {
  /** `40 files, 1.20 GiB in 12.3s (99.9 MiB/s)`. */
  readonly summary: string;
}

/** Uploads to a payload and shows how far it is. */
export async function sendFiles(
  context: Context, connection: Connection, payloadId: string, plan: UploadPlan, options: { readonly resume?: boolean } = {},
): Promise<Sent> {
  const { chunkBytes, parallelStreams: streams } = await context.settings();
  const meter = await Meter.start(context.io, 'uploading');
  try {
    const sent = await upload(connection, payloadId, plan, {
      streams, chunkBytes, signal: context.signal, ...options, onProgress: (progress) => meter.update(progress),
    });
    return { ...sent, summary: meter.summary() };
  } finally {
    meter.stop();
  }
}
