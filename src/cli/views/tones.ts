import { JobOperatorStatus, JobState, JobStatus } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { type Tone } from '../../terminal/output/tones.ts';

export function jobTone({ state, status }: { readonly state: JobState; readonly status: JobStatus }): Tone {
  if (status === JobStatus.JOB_STATUS_CANCELED) return 'busy';
  if (status !== JobStatus.JOB_STATUS_HEALTHY) return 'bad';
  if (state === JobState.JOB_STATE_STOPPED) return 'good';
  return state === JobState.JOB_STATE_RUNNING ? 'busy' : undefined;
}

export function operatorTone(status: JobOperatorStatus): Tone {
  switch (status) {
    case JobOperatorStatus.JOB_OPERATOR_STATUS_COMPLETED: return 'good';
    case JobOperatorStatus.JOB_OPERATOR_STATUS_FAULTED: return 'bad';
    case JobOperatorStatus.JOB_OPERATOR_STATUS_RUNNING: return 'busy';
    default: return undefined;
  }
}
