import { type Connection } from '../../api/client.ts';
import { upload, type Uploaded } from '../../actions/upload.ts';
import { describeNotes, planUpload, type UploadPlan } from '../../actions/upload-plan.ts';
import { counted } from '../../core/phrases.ts';
import { type Context } from '../context.ts';
import { uploadText } from '../views/transfers.ts';

/** What will be uploaded; whatever the user should know about it goes to stderr. */
export async function planFiles({ io, signal }: Context, paths: readonly string[], folder = ''): Promise<UploadPlan> {
  const plan = await planUpload(paths, folder, signal);
  for (const note of describeNotes(plan.notes)) io.warn(note);
  return plan;
}

/** Uploads to a payload with a line on the terminal that says how far it is. */
export async function sendFiles(
  context: Context, connection: Connection, payloadId: string, plan: UploadPlan, options: { readonly resume?: boolean } = {},
): Promise<Uploaded> {
  const { io, signal } = context;
  const { chunkBytes, parallelStreams: streams } = await context.settings();
  const progress = await io.progress(`uploading ${counted(plan.files.length, 'file')}`);
  try {
    return await upload(connection, payloadId, plan, {
      streams,
      chunkBytes,
      signal,
      ...options,
      onProgress: (state) => progress.update(uploadText(state)),
    });
  } finally {
    progress.stop();
  }
}
