import { existsSync } from 'node:fs';
import { WireCode } from '../../api/wire-codes.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Pipeline } from '../../pipeline/model.ts';
import { type Backend } from '../backends/backend.ts';
import { isMemory } from './memory/plan.ts';
import { memoryRoot } from './memory/shared-memory.ts';
import { demandOf, type BackendName, type PlannedJob, type RunPlan } from './plan.ts';
import { type ModelServing, type Planner } from './planner.ts';
import { neverFits, type Capacity } from './scheduler.ts';
import { checkModels } from './services/models.ts';
import { serviceRun } from './services/plan.ts';

export interface AdmissionParts {
  readonly capacity: Capacity;
  readonly planner: Planner;
  readonly backends: ReadonlyMap<BackendName, Backend>;
  readonly models: ModelServing;
}

/** Refuses, with a ClaraError, to start a job that cannot run on this platform as it is now. @param created the names of its operators */
export async function admit(job: PlannedJob, pipeline: Pipeline, created: readonly string[], { capacity, planner, backends, models }: AdmissionParts): Promise<void> {
  checkOperatorNames(created, pipeline);
  checkModels(job.id, pipeline, models.image, models.source);
  checkMemory(job.id, pipeline);
  checkDemands(job.id, pipeline, capacity);
  checkReach(job.id, pipeline, planner);
  await checkBackends([
    ...pipeline.operators.map((operator) => planner.plan(job, pipeline, operator)),
    ...pipeline.operators.flatMap((operator) => planner.services(pipeline, operator).map((service) => serviceRun(service, '', '', [], undefined))),
  ], backends);
}

/** Refuses values that change what was fixed when the job was created. */
function checkOperatorNames(created: readonly string[], pipeline: Pipeline): void {
  if (created.join('\n') === pipeline.operators.map(({ name }) => name).join('\n')) return;
  throw new ClaraError('usage', 'the variables change the names of operators; those are fixed when a job is created', { wireCode: WireCode.invalidJobVariable });
}

/** Refuses typed inputs and outputs where there is no shared memory to pass them in. */
function checkMemory(jobId: string, { operators }: Pipeline): void {
  const using = operators.find(({ inputs, outputs }) => [...inputs, ...outputs].some(({ type }) => isMemory(type)));
  if (using === undefined || existsSync(memoryRoot)) return;
  throw new ClaraError('failed', `job ${jobId} cannot run here: operator ${using.name} passes arrays in shared memory, and this machine has no ${memoryRoot}`, {
    wireCode: WireCode.jobStart, hint: 'run the platform on Linux, or let the operators pass files (type: stream)',
  });
}

/** Refuses a job that can never run on this platform, with the numbers. */
export function checkDemands(jobId: string, pipeline: Pipeline, capacity: Capacity): void {
  const problems = pipeline.operators.flatMap((operator) => [
    ...neverFits(demandOf(operator, capacity), capacity).map((problem) => `operator ${operator.name}: ${problem}`),
    ...operator.services.flatMap((service) => neverFits(demandOf(service, capacity), capacity).map((problem) => `service ${service.name}: ${problem}`)),
  ]);
  if (problems.length === 0) return;
  throw new ClaraError('failed', `job ${jobId} can never run here: ${problems[0]}`, {
    wireCode: WireCode.jobStart,
    details: problems.slice(1),
    hint: 'lower the requests of the definition, or start the platform with more (--cpus, --memory, --gpus)',
  });
}

/** Refuses operators in containers that use a command of the host: from their network they cannot reach it. */
function checkReach(jobId: string, pipeline: Pipeline, planner: Planner): void {
  for (const operator of pipeline.operators) {
    const beyond = planner.backendOf(operator) === 'docker' ? planner.services(pipeline, operator).find(({ backend }) => backend === 'process') : undefined;
    if (beyond === undefined) continue;
    throw new ClaraError('usage', `job ${jobId} cannot run here: operator ${operator.name} runs in a container and cannot reach ${beyond.title}, a command of the host`, {
      wireCode: WireCode.jobStart, hint: 'give both an image, or run both on the host (image `host`, or a platform with --backend process)',
    });
  }
}

/** Refuses what needs a program or an image that is not here. */
async function checkBackends(plans: readonly RunPlan[], backends: ReadonlyMap<BackendName, Backend>): Promise<void> {
  try {
    for (const [name, backend] of backends) await backend.check(plans.filter((plan) => plan.backend === name));
  } catch (thrown) {
    if (!(thrown instanceof ClaraError)) throw thrown;
    throw new ClaraError(thrown.kind, thrown.message, { hint: thrown.hint, details: thrown.details, cause: thrown, wireCode: WireCode.jobStart });
  }
}
