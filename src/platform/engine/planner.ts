import { join } from 'node:path';
import { type Operator, type Pipeline } from '../../pipeline/model.ts';
import { chooseBackend, planRun, type Attachment, type BackendName, type Platform, type PlannedJob, type RunPlan } from './plan.ts';
import { type SharedMemory } from './memory/shared-memory.ts';
import { planModelServer, type ModelSource } from './services/models.ts';
import { planServices, type ServicePlan } from './services/plan.ts';

/** What serves models: an image of Triton, where there is one. */
export interface ModelServing {
  readonly image: string | undefined;
  readonly source: ModelSource;
}

/** Plans runs with the folders of one platform. */
export class Planner {
  readonly #home: string;
  readonly #platform: Platform;
  readonly #serving: ModelServing;

  readonly #memory: Pick<SharedMemory, 'jobFolder'>;

  constructor(home: string, platform: Platform, serving: ModelServing, memory: Pick<SharedMemory, 'jobFolder'>) {
    this.#home = home;
    this.#memory = memory;
    this.#platform = platform;
    this.#serving = serving;
  }

  plan(job: PlannedJob, pipeline: Pipeline, operator: Operator, attachment?: Attachment): RunPlan {
    const folders = { payload: join(this.#home, 'payloads', job.payloadId), job: this.jobFolder(job.id), memory: this.#memory.jobFolder(job.id) };
    return planRun(pipeline, operator, job, folders, this.#platform, attachment);
  }

  /** The services that an operator uses; one of its own may take the place of a variable of the inference server. */
  services(pipeline: Pipeline, operator: Operator): ServicePlan[] {
    const { image, source } = this.#serving;
    return [
      ...(operator.models.length === 0 || image === undefined ? [] : [planModelServer(pipeline, image, this.#platform.capacity.gpus, source)]),
      ...planServices(operator, this.#platform, join(this.#home, 'common')),
    ];
  }

  /** Where the runs of a job are. */
  jobFolder(jobId: string): string {
    return join(this.#home, 'jobs', jobId);
  }

  backendOf(operator: Operator): BackendName {
    return chooseBackend(operator, this.#platform).backend;
  }
}
