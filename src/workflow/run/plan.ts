import { join } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { quoted } from '../../core/names.ts';
import { type ImageBuild } from '../../tools/docker-images.ts';
import { type ChartRelease } from '../../tools/helm/arguments.ts';
import { imageOf, type Stage, type Workflow } from '../project/model.ts';

/** Names that the original gives to what it makes (Clara Pipeline Generation Guide, test). */
export const testRelease = 'test-wf';
export const trtisRelease = 'trtis';
export const secretName = 'nvcr.io';
export const jobName = `${testRelease}-clara-workflow`;
export const defaultWorkflow = 'ai-only';
export const defaultJob = '00000000-0000-0000-0000-000000000000';
/** `trtisUri` where no server is asked for one. */
export const usualTrtisUri = 'localhost:8000';

/** Names of the chart's cluster-wide and lasting objects of one job. */
export const volumeOf = (job: string) => `pv-clara-payload-volume-${job.toLowerCase()}`;
export const claimOf = (job: string) => `pv-clara-payload-volume-claim-${job.toLowerCase()}`;

/** What one test does, before any of it is done. */
export interface TestPlan {
  readonly workflow: string;
  readonly job: string;
  /** In order. */
  readonly stages: readonly Stage[];
  /** One for each image that is built here. */
  readonly builds: readonly ImageBuild[];
  /** Images of the stages that have to be had from NVIDIA's registry. */
  readonly registryImages: readonly string[];
  /** Whether a stage asks the inference server. */
  readonly usesTrtis: boolean;
  readonly chart: string;
  readonly trtisChart: string;
  /** Folder of all payloads, of this one, and of what the last stage writes. */
  readonly payloads: string;
  readonly payload: string;
  readonly input: string;
  readonly output: string;
  /** Folders of the payload that are mounted. */
  readonly folders: readonly string[];
  /** Files by which the stages tell each other that they are done. */
  readonly locks: readonly string[];
}

/** What of a project a plan is made from. */
export interface ProjectParts {
  readonly paths: { readonly chart: string; readonly trtisChart: string; readonly testData: string };
  workflow(id: string): Workflow;
  stage(name: string): Stage;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Throws where there is no such workflow, or the job's id is no UUID. */
export function planTest(project: ProjectParts, workflowId: string, job: string): TestPlan {
  const workflow = project.workflow(workflowId);
  if (!uuid.test(job)) {
    throw new ClaraError('usage', `the job id ${quoted(job)} is no UUID`, { hint: `for example ${defaultJob}` });
  }
  const stages = workflow.stages.map((name) => project.stage(name));
  const payload = join(project.paths.testData, job);
  return {
    workflow: workflowId, job, stages,
    builds: buildsOf(stages),
    registryImages: stages.filter(({ build }) => build === undefined).map(imageOf).filter(needsSecret),
    usesTrtis: stages.some(({ trtis }) => trtis),
    chart: project.paths.chart,
    trtisChart: project.paths.trtisChart,
    payloads: project.paths.testData,
    payload,
    input: join(payload, workflow.ioFolders[0] ?? ''),
    output: join(payload, workflow.ioFolders.at(-1) ?? ''),
    folders: [...workflow.ioFolders, 'locks'].map((folder) => join(payload, folder)),
    locks: stages.map(({ lockName }) => join(payload, 'locks', lockName)),
  };
}

/** Whether an image is in NVIDIA's registry, which asks for a key. */
export const needsSecret = (image: string) => image.startsWith('nvcr.io/');

function buildsOf(stages: readonly Stage[]): ImageBuild[] {
  const builds = new Map<string, ImageBuild>();
  for (const stage of stages) {
    const { build } = stage;
    if (build === undefined) continue;
    const image = imageOf(stage);
    const { context, dockerfile = join(context, 'Dockerfile'), args } = build;
    const known = builds.get(image);
    if (known !== undefined && (known.context !== context || known.dockerfile !== dockerfile)) {
      throw new ClaraError('usage', `the image ${image} is built in two ways: from ${known.dockerfile} and from ${dockerfile}`, { hint: 'give one of the stages another image.repository' });
    }
    builds.set(image, { image, context, dockerfile, args });
  }
  return [...builds.values()];
}

/** The chart as it is installed for a test (Clara Pipeline Generation Guide, test, step 7). */
export function releaseOf({ chart, workflow, job, payloads }: TestPlan, trtisUri: string): ChartRelease {
  return {
    name: testRelease,
    chart,
    values: [
      ['runSimple', 'TRUE'],
      ['workflow.id', workflow],
      ['workflow.payloads.hostPath', payloads],
      ['job.id', job],
      ['job.name', 'Test Job'],
      ['trtisUri', trtisUri],
      ['dicomAdapter.input', ''],
      ['dicomAdapter.output', ''],
    ],
  };
}
