/**
 * What a job and an operator can be, and how they may move on. A job's word stands for its state and status together
 * (Clara guide, Jobs): `created` and `queued` are PENDING, before and after Start; everything after `running` is STOPPED.
 */
export type JobCondition = 'created' | 'queued' | 'running' | JobEnd;

/** How a job ends: STOPPED with the status HEALTHY, FAULTED, CANCELED, EVICTED or TERMINATED. */
export type JobEnd = 'completed' | 'faulted' | 'canceled' | 'evicted' | 'terminated';

export type OperatorCondition = 'pending' | 'running' | 'completed' | 'faulted';

const jobMoves: Readonly<Record<JobCondition, readonly JobCondition[]>> = {
  created: ['queued', 'canceled'],
  // A queued job faults where its definition no longer loads, or its first operator cannot be started.
  queued: ['running', 'canceled', 'faulted'],
  running: ['completed', 'faulted', 'canceled', 'evicted', 'terminated'],
  completed: [],
  faulted: [],
  canceled: [],
  evicted: [],
  terminated: [],
};

const operatorMoves: Readonly<Record<OperatorCondition, readonly OperatorCondition[]>> = {
  pending: ['running'],
  // Back to pending: stopped together with the platform, or never begun when the platform died; it runs afresh.
  running: ['completed', 'faulted', 'pending'],
  completed: [],
  faulted: [],
};

/** Throws where a job must not move from one condition to the other: a bug, or a race that the caller has to settle. */
export function checkJobMove(from: JobCondition, to: JobCondition): void {
  if (!jobMoves[from].includes(to)) throw new Error(`a job that is ${from} cannot become ${to}`);
}

/** The same for an operator. */
export function checkOperatorMove(from: OperatorCondition, to: OperatorCondition): void {
  if (!operatorMoves[from].includes(to)) throw new Error(`an operator that is ${from} cannot become ${to}`);
}

/** Whether nothing can happen to the job any more. */
export function hasEnded(condition: JobCondition): condition is JobEnd {
  return jobMoves[condition].length === 0;
}
