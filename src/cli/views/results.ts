import { type DatedResultTask } from '../../core/results.ts';
import { type Tone } from '../../terminal/output/tones.ts';
import { labelLines, type ListView } from '../../terminal/print.ts';

const idWidth = 36;
const timeWidth = '2026-03-08T18:06:31Z'.length;

/** `results list`: tasks of the Results Service. */
export const taskList: ListView<DatedResultTask> = {
  kind: 'task',
  id: ({ taskId }) => taskId,
  data: (task) => task,
  columns: [
    { title: 'TASK_ID', value: ({ taskId }) => taskId, width: idWidth },
    { title: 'STATE', value: ({ state }) => state, width: 'InProgress'.length, tone: toneOf },
    { title: 'RETRIES', value: ({ retries }) => String(retries), width: 7 },
    { title: 'AGENT', value: ({ agent }) => agent, width: 12 },
    { title: 'FILES', value: ({ uris }) => String(uris.length), width: 5 },
    { title: 'CREATED', value: ({ created }) => created, width: timeWidth },
    { title: 'UPDATED', value: ({ updated }) => updated, width: timeWidth, wide: true },
    { title: 'JOB_ID', value: ({ jobId }) => jobId, width: 32, wide: true },
    { title: 'PAYLOAD_ID', value: ({ payloadId }) => payloadId, width: 32, wide: true },
    { title: 'PARAMETERS', value: ({ parameters }) => parameters ?? '-' },
  ],
};

/** `results describe`: every field, and a line for each file. */
export function describeTaskLines(task: DatedResultTask): string[] {
  return labelLines([
    ['TASK_ID', ` ${task.taskId}`], ['AGENT', ` ${task.agent}`], ['STATE', ` ${task.state}`], ['RETRIES', ` ${task.retries}`], ['PARAMETERS', ` ${task.parameters ?? '-'}`],
    ['JOB_ID', ` ${task.jobId}`], ['PIPELINE_ID', ` ${task.pipelineId}`], ['PAYLOAD_ID', ` ${task.payloadId}`], ['CREATED', ` ${task.created}`], ['UPDATED', ` ${task.updated}`],
    ...task.uris.map((uri) => ['FILE', ` ${uri}`] as const),
  ]);
}

function toneOf({ state }: DatedResultTask): Tone {
  switch (state) {
    case 'Pending': return undefined;
    case 'InProgress': return 'busy';
    case 'Succeeded': return 'good';
    case 'Failed': return 'bad';
  }
}
