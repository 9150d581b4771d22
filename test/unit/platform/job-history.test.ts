import { expect, test } from 'vitest';
import { JobOperatorStatus, JobPriority, JobState, JobStatus } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { jobHistory } from '../../../src/platform/services/jobs/log.ts';

test('the story of a job says everything once', () => {
  const job = {
    id: 'j', name: 'head', pipelineId: 'p', pipelineRevision: 1, payloadId: 'l', priority: JobPriority.JOB_PRIORITY_NORMAL,
    state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_FAULTED,
    createdAt: 0, queuedAt: 1000, startedAt: 2000, stoppedAt: 4000, messages: ['operator bad failed with exit code 3', 'bad: oops'],
  };
  const operator = {
    jobId: 'j', name: 'bad', status: JobOperatorStatus.JOB_OPERATOR_STATUS_FAULTED, createdAt: 0, startedAt: 2000, stoppedAt: 4000, exitCode: 3,
  };
  expect(jobHistory(job, [operator])).toEqual([
    '1970-01-01T00:00:00Z job head created',
    '1970-01-01T00:00:01Z job queued',
    '1970-01-01T00:00:02Z job started',
    '1970-01-01T00:00:02Z operator bad started',
    '1970-01-01T00:00:04Z operator bad failed with exit code 3',
    '1970-01-01T00:00:04Z bad: oops',
    '1970-01-01T00:00:04Z job failed',
  ]);
});
