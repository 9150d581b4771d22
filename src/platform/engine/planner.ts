import { join } from 'node:path';
import { type Operator, type Pipeline } from '../../pipeline/model.ts';
import { chooseBackend, planRun, type Attachment, type BackendName, type Platform, type PlannedJob, type RunPlan } from './plan.ts';
import { planServices, type ServicePlan } from './services/plan.ts';

/** Plans runs with the folders of one platform. */
export class Planner {
  readonly #home: string;
  readonly #platform: Platform;

  constructor(home: string, platform: Platform) {
    this.#home = home;
    this.#platform = platform;
  }

  plan(job: PlannedJob, pipeline: Pipeline, operator: Operator, attachment?: Attachment): RunPlan {
    const folders = { payload: join(this.#home, 'payloads', job.payloadId), job: this.jobFolder(job.id) };
    return planRun(pipeline, operator, job, folders, this.#platform, attachment);
  }

  /** The services that an operator uses. */
  services(operator: Operator): ServicePlan[] {
    return planServices(operator, this.#platform, join(this.#home, 'common'));
  }

  /** Where the runs of a job are. */
  jobFolder(jobId: string): string {
    return join(this.#home, 'jobs', jobId);
  }

  backendOf(operator: Operator): BackendName {
    return chooseBackend(operator, this.#platform).backend;
  }
}
