import { JobPriority } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { type JobEnd, type OperatorCondition } from '../../core/states.ts';
import { type Graph } from '../../pipeline/graph.ts';
import { type Operator, type Pipeline } from '../../pipeline/model.ts';
import { type RunningOperator } from '../backends/backend.ts';
import { type EngineJob } from '../store/jobs.ts';
import { type RunPlan } from './plan.ts';
import { type Priority } from './scheduler.ts';

/** One operator of a job that is queued or runs. */
export interface OperatorRun {
  readonly job: JobRun;
  readonly position: number;
  readonly definition: Operator;
  status: OperatorCondition;
  /** Upstream operators that have not completed. */
  waitingFor: number;
  /** From the moment it is planned. */
  plan: RunPlan | undefined;
  /** The keys of the services that it uses, from the moment it is launched. */
  services: readonly string[];
  /** From the moment it is launched: ends the wait for what it needs. */
  preparing: AbortController | undefined;
  /** While it runs. */
  running: RunningOperator | undefined;
  /** Whether it was asked to end: then its exit says nothing about its work. */
  stopSent: boolean;
  /** Whether that was for the platform's sake, not for the job's. */
  interrupted: boolean;
}

/** A job that is queued or runs, as the engine keeps it in memory. The database has the truth; this is derived from it. */
export interface JobRun {
  readonly id: string;
  readonly name: string;
  readonly pipelineId: string;
  readonly payloadId: string;
  readonly priority: Priority;
  /** Place in time among the jobs of this engine. */
  readonly order: number;
  readonly pipeline: Pipeline;
  readonly graph: Graph;
  readonly operators: readonly OperatorRun[];
  readonly byName: ReadonlyMap<string, OperatorRun>;
  limitMs: number;
  startedAt: number | undefined;
  /** What the job is being brought to; nothing new of it starts. */
  stopping: JobEnd | undefined;
  /** Whether an operator has failed: running ones finish, nothing new starts. */
  failed: boolean;
  deadline: NodeJS.Timeout | undefined;
  /** Called when the job has stopped. */
  readonly waiting: (() => void)[];
}

export const priorities: Readonly<Partial<Record<JobPriority, Priority>>> = {
  [JobPriority.JOB_PRIORITY_LOWER]: 'lower',
  [JobPriority.JOB_PRIORITY_NORMAL]: 'normal',
  [JobPriority.JOB_PRIORITY_HIGHER]: 'higher',
  [JobPriority.JOB_PRIORITY_IMMEDIATE]: 'immediate',
};

/** A job none of whose operators has run. */
export function newJobRun(record: EngineJob, pipeline: Pipeline, graph: Graph, order: number): JobRun {
  const operators: OperatorRun[] = [];
  const byName = new Map<string, OperatorRun>();
  const job: JobRun = {
    id: record.id,
    name: record.name,
    pipelineId: record.pipelineId,
    payloadId: record.payloadId,
    priority: priorities[record.priority] ?? 'normal',
    order,
    pipeline,
    graph,
    operators,
    byName,
    limitMs: record.limitMs,
    startedAt: record.startedAt,
    stopping: undefined,
    failed: false,
    deadline: undefined,
    waiting: [],
  };
  for (const [position, definition] of pipeline.operators.entries()) {
    const operator: OperatorRun = {
      job, position, definition, status: 'pending', waitingFor: graph.dependencies.get(definition.name)?.length ?? 0,
      plan: undefined, services: [], preparing: undefined, running: undefined, stopSent: false, interrupted: false,
    };
    operators.push(operator);
    byName.set(definition.name, operator);
  }
  return job;
}

/** Takes note that an operator has completed; returns those that can run because of it. */
export function unblock(operator: OperatorRun): OperatorRun[] {
  const { job, definition } = operator;
  const ready: OperatorRun[] = [];
  for (const name of job.graph.dependents.get(definition.name) ?? []) {
    const dependent = job.byName.get(name)!;
    dependent.waitingFor -= 1;
    if (dependent.waitingFor === 0 && dependent.status === 'pending') ready.push(dependent);
  }
  return ready;
}

/** How the job ends now; undefined while something of it runs or will run. */
export function endOfJob(job: JobRun): JobEnd | undefined {
  if (job.operators.some(({ status }) => status === 'running')) return undefined;
  if (job.stopping !== undefined) return job.stopping;
  if (job.failed) return 'faulted';
  return job.operators.every(({ status }) => status === 'completed') ? 'completed' : undefined;
}
