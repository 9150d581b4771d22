import { shellLine } from '../../core/text/shell-word.ts';
import { buildArguments, imageArguments } from '../../tools/docker-images.ts';
import { type ClusterPlace, installArguments, statusArguments, uninstallArguments } from '../../tools/helm/arguments.ts';
import { createArguments, getArguments } from '../../tools/kubectl/arguments.ts';
import { trtisChartRelease } from './cluster/trtis.ts';
import { type ClusterTestOptions } from './cluster/test-on-cluster.ts';
import { stageContainers } from './docker/pod-manifest.ts';
import { containerArguments } from './docker/test-on-docker.ts';
import { jobName, releaseOf, secretName, testRelease, type TestPlan, trtisRelease, usualTrtisUri } from './plan.ts';

/** Stands for an address that only the cluster knows. */
const unknownTrtisUri = 'TRTIS_CLUSTER_IP:8000';

/** `trtisUri` as far as it is known before anything runs. */
export function plannedTrtisUri(trtis: ClusterTestOptions['trtis']): string {
  return trtis.kind === 'none' ? usualTrtisUri : trtis.kind === 'at' ? trtis.uri : unknownTrtisUri;
}

export interface ClusterDryRun extends Pick<ClusterTestOptions, 'trtis' | 'timeoutMs' | 'keep'> {
  /** Whether the registry's secret is looked for, and made. */
  readonly secret: boolean;
}

/** The commands of a test on a cluster, in order, as a shell would take them; comments say what happens in between. */
export function clusterCommands(plan: TestPlan, at: ClusterPlace, { secret, trtis, timeoutMs, keep }: ClusterDryRun): string[] {
  const seconds = Math.ceil(timeoutMs / 1000);
  const here = trtis.kind === 'here';
  const tool = (program: string) => (args: readonly string[]) => shellLine([program, ...args]);
  const [helm, kubectl, docker] = [tool('helm'), tool('kubectl'), tool('docker')];
  return [
    ...(secret ? ['# the registry\'s secret, where it is missing; it is given on standard input', kubectl(getArguments({ kinds: 'secret', names: [secretName], output: 'name' }, at)), kubectl(createArguments(at))] : []),
    ...(here ? ['# TRTIS, unless it is there', helm(statusArguments(trtisRelease, at)), helm(installArguments(trtisChartRelease(plan.trtisChart), at, seconds))] : []),
    ...(plan.builds.length === 0 ? [] : ['# images', ...plan.builds.map((build) => docker(buildArguments(build)))]),
    '# the workflow',
    helm(installArguments(releaseOf(plan, plannedTrtisUri(trtis)), at, seconds)),
    '# until the job is done',
    kubectl(getArguments({ kinds: `job/${jobName}`, output: 'json' }, at)),
    ...(keep ? [] : ['# cleaning up', helm(uninstallArguments(testRelease, at)), ...(here ? [helm(uninstallArguments(trtisRelease, at))] : [])]),
    '# the outputs',
    shellLine(['ls', '-al', plan.output]),
  ];
}

/** The commands of a test with docker; the environment of each container is in a file, whose content is in the manifest. */
export async function dockerCommands(plan: TestPlan, manifest: string, keep: boolean): Promise<string[]> {
  const containers = await stageContainers(manifest);
  const docker = (args: readonly string[]) => shellLine(['docker', ...args]);
  const runs = containers.map((container) => containerArguments(plan, container, `${container.name}.env`));
  return [
    ...(plan.builds.length === 0 ? [] : ['# images', ...plan.builds.map((build) => docker(buildArguments(build)))]),
    ...[...new Set(containers.map(({ image }) => image))].map((image) => docker(imageArguments(image))),
    '# the stages, all at the same time',
    ...runs.map(docker),
    ...(keep ? [] : ['# cleaning up', ...runs.map((args) => docker(['rm', '--force', '--volumes', '--', args[args.indexOf('--name') + 1]!]))]),
    '# the outputs',
    shellLine(['ls', '-al', plan.output]),
  ];
}
