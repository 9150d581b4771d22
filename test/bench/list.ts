import { join } from 'node:path';
import { JobPriority, JobState, JobStatus } from '../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../../src/api/services.ts';
import { newId } from '../../src/core/ids.ts';
import { openPlatformDatabase } from '../../src/platform/store/database.ts';
import { SqliteJobStore } from '../../src/platform/store/jobs.ts';
import { type Bench } from './runner/bench.ts';
import { Clara, peakMemory, startPlatform } from './runner/programs.ts';

const [many, few] = [100_000, 1000];
const thousands = (count: number) => `${count / 1000},000`;

interface ListingPlatform {
  readonly pid: number;
  /** Milliseconds. */
  readonly firstLine: () => Promise<number>;
  /** Reads the whole list so many times. */
  readonly readAll: (times: number) => Promise<void>;
}

/** Whether listing depends on how much there is. */
export const list: Bench = {
  name: 'list',
  about: 'the first line of list jobs with 100,000 jobs against 1,000; memory of the server',
  async run(context) {
    const { workspace } = context;
    const [large, small] = [await platformWith(many), await platformWith(few)];
    await context.compare({
      what: `first line of list jobs with ${thousands(many)} jobs`, of: 'time', pairs: 9, warmUp: true,
      product: large.firstLine,
      peers: [{ name: `${thousands(few)} jobs`, goal: { atMost: 1.5 }, run: small.firstLine }],
    });
    // What a server has once sent it keeps room for; so both send as much.
    await large.readAll(1);
    await small.readAll(many / few);
    const [largePeak, smallPeak] = [peakMemory(large.pid), peakMemory(small.pid)];
    if (largePeak === undefined || smallPeak === undefined) context.leaveOut('memory of the server', 'this system does not tell it');
    else context.ratio(`peak memory of the server that listed ${thousands(many)} jobs`, `${thousands(few)} a hundred times`, largePeak / smallPeak, { atMost: 1.3 });

    async function platformWith(count: number): Promise<ListingPlatform> {
      const home = workspace.makeFolder('platform');
      fill(home, count);
      const { target, pid, connection } = await startPlatform(workspace, { home });
      const clara = new Clara(workspace, target);
      return {
        pid,
        firstLine: () => clara.untilLine((line) => line.includes('bench-job'), 'list', 'jobs'),
        async readAll(times) {
          for (let time = 0; time < times; time += 1) {
            let read = 0;
            for await (const _ of connection.service(JobsService).list({})) read += 1;
            if (read < count) throw new Error(`the platform listed ${read} of ${count} jobs`);
          }
        },
      };
    }
  },
};

/** Puts jobs that have ended into a platform's database. */
function fill(home: string, count: number): void {
  const db = openPlatformDatabase(join(home, 'platform.db'));
  try {
    const jobs = new SqliteJobStore(db);
    const pipelineId = newId();
    const createdAt = Date.now() - count;
    db.transaction(() => {
      for (let index = 0; index < count; index += 1) {
        jobs.create({
          id: newId(), name: `bench-job-${index}`, pipelineId, pipelineRevision: 1, payloadId: newId(),
          priority: JobPriority.JOB_PRIORITY_NORMAL, createdAt: createdAt + index, operators: ['step'],
        });
      }
      db.prepare('UPDATE jobs SET state = ?, status = ?, queued_at = created_at, started_at = created_at, stopped_at = created_at')
        .run(JobState.JOB_STATE_STOPPED, JobStatus.JOB_STATUS_HEALTHY);
    });
  } finally {
    db.close();
  }
}
