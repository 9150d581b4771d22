import { jobToo } from '../../../api/extensions.ts';
import { JobsService, PayloadsService } from '../../../api/services.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Context } from '../../../terminal/context.ts';
import { type PrintOptions } from '../../../terminal/print.ts';
import { forEachId } from '../each.ts';
import { resolveAll } from '../ids.ts';

/** `clara delete jobs`: jobs that have stopped, with their payloads, logs and metadata. */
export async function deleteJobs(context: Context, options: PrintOptions, args: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const { signal } = context;
  const jobs = connection.service(JobsService);
  await forEachId(context, 'job', await resolveAll(context, connection, 'job', args), options, async (id) => {
    const jobId = { value: id };
    const { payloadId } = await jobs.status({ jobId }, { signal });
    await connection.service(PayloadsService).delete({ payloadId }, { signal, metadata: { [jobToo.key]: jobToo.value } });
    // The contract has no such call: a platform that does not know ours has deleted the payload alone.
    const left = await jobs.status({ jobId }, { signal }).then(() => true, (thrown: unknown) => {
      if (thrown instanceof ClaraError && thrown.kind === 'not-found') return false;
      throw thrown;
    });
    if (left) throw new ClaraError('failed', `this platform keeps its record of job ${id}; only the job's files were deleted`);
    return { id, labels: [['JOB_ID', id]], data: { jobId: id } };
  });
}
