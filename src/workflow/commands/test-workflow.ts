import { ClaraError } from '../../core/errors.ts';
import { type Context } from '../../terminal/context.ts';
import { testOnCluster, type ClusterTestOptions } from '../run/cluster/test-on-cluster.ts';
import { trtisNeedsSecret } from '../run/cluster/trtis.ts';
import { testOnDocker } from '../run/docker/test-on-docker.ts';
import { clusterCommands, dockerCommands, plannedTrtisUri } from '../run/dry-run.ts';
import { defaultJob, defaultWorkflow, planTest, releaseOf, type TestPlan, usualTrtisUri } from '../run/plan.ts';
import { openTools, type ClusterOptions, type Tools } from '../run/tools.ts';
import { assertRunnable } from '../project/check.ts';
import { problemLine } from '../project/model.ts';
import { projectOf } from './place.ts';

export interface TestOptions extends ClusterOptions {
  readonly docker: boolean;
  readonly noSecret: boolean;
  readonly noTrtis: boolean;
  readonly trtisUri: string | undefined;
  readonly follow: boolean;
  readonly keep: boolean;
  readonly replace: boolean;
  readonly dryRun: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** `clara-wf test [WORKFLOW] [JOB]`: runs a workflow over its test data, on the cluster or with docker. */
export async function testWorkflow(context: Context, options: TestOptions, [workflow = defaultWorkflow, job = defaultJob]: readonly string[]): Promise<void> {
  checkOptions(options);
  const project = await projectOf(context);
  project.workflow(workflow);
  for (const problem of await assertRunnable(project, workflow)) context.io.warn(problemLine(problem));
  const plan = planTest(project, workflow, job);
  const tools = openTools(context, options);
  const { follow, keep, replace, timeout: timeoutMs } = options;
  if (options.docker) {
    if (options.dryRun) return dryRun(tools, plan, options.trtisUri ?? usualTrtisUri, (manifest) => dockerCommands(plan, manifest, keep));
    return testOnDocker(tools, plan, { trtisUri: options.trtisUri ?? usualTrtisUri, follow, keep, replace, timeoutMs });
  }
  const trtis = await trtisOf(plan, options);
  const secret = !options.noSecret;
  if (options.dryRun) {
    const wanted = secret && (plan.registryImages.length > 0 || (trtis.kind === 'here' && trtis.imageNeedsSecret));
    return dryRun(tools, plan, plannedTrtisUri(trtis), () => clusterCommands(plan, tools.at, { secret: wanted, trtis, timeoutMs, keep }));
  }
  await testOnCluster(tools, plan, { secret, trtis, follow, keep, replace, timeoutMs });
}

function checkOptions({ docker, noTrtis, trtisUri, namespace, kubeconfig, context }: TestOptions): void {
  const clusterFlag = Object.entries({ namespace, kubeconfig, context }).find(([, value]) => value !== undefined)?.[0];
  if (docker && clusterFlag !== undefined) throw new ClaraError('usage', `--${clusterFlag} is about a cluster, and --docker uses none`);
  if (noTrtis && trtisUri !== undefined) throw new ClaraError('usage', '--no-trtis and --trtis-uri exclude each other');
  if (trtisUri !== undefined && !/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d+$/.test(trtisUri)) throw new ClaraError('usage', `--trtis-uri: \`${trtisUri}\` is not HOST:PORT`, { hint: 'for example: 10.0.0.7:8000' });
}

async function trtisOf(plan: TestPlan, { noTrtis, trtisUri }: TestOptions): Promise<ClusterTestOptions['trtis']> {
  if (trtisUri !== undefined) return { kind: 'at', uri: trtisUri };
  if (noTrtis || !plan.usesTrtis) return { kind: 'none' };
  return { kind: 'here', imageNeedsSecret: await trtisNeedsSecret(plan.trtisChart) };
}

async function dryRun({ io, helm, at }: Tools, plan: TestPlan, trtisUri: string, commands: (manifest: string) => readonly string[] | Promise<readonly string[]>): Promise<void> {
  await helm.version();
  const manifest = await helm.template(releaseOf(plan, trtisUri), at.namespace);
  await io.lines(await commands(manifest));
  await io.write(manifest);
}
