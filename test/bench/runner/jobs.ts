import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection } from '../../../src/api/client.ts';
import { JobState, JobStatus } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService, PipelinesService } from '../../../src/api/services.ts';

/** Milliseconds between two looks at a job: little against what a job takes, and much against what a look costs. */
const pollMs = 40;

/** Stores a definition; resolves to a function that runs one job of it and tells the milliseconds from its start to its end. */
export async function jobsOf(connection: Connection, definition: string): Promise<() => Promise<number>> {
  const { pipelineId } = await connection.service(PipelinesService).create([{ definition: { path: 'pipeline.yaml', content: definition } }]);
  const jobs = connection.service(JobsService);
  return async () => {
    const { jobId } = await jobs.create({ name: 'bench', pipelineId });
    const started = performance.now();
    await jobs.start({ jobId });
    for (;;) {
      const { state, status, messages } = await jobs.status({ jobId });
      const ms = performance.now() - started;
      if (state === JobState.JOB_STATE_STOPPED) {
        if (status !== JobStatus.JOB_STATUS_HEALTHY) throw new Error(`the job failed: ${messages.join('; ')}`);
        return ms;
      }
      await sleep(pollMs);
    }
  };
}
