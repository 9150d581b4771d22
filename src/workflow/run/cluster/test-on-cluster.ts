import { ClaraError } from '../../../core/errors.ts';
import { shellLine } from '../../../core/text/shell-word.ts';
import { confirm } from '../../../terminal/output/confirm.ts';
import { type Cleanup, withCleanup } from '../cleanup.ts';
import { buildImages } from '../images.ts';
import { listOutputs, prepareData } from '../outputs.ts';
import { claimOf, jobName, releaseOf, testRelease, type TestPlan, usualTrtisUri, volumeOf } from '../plan.ts';
import { StageProgress } from '../progress.ts';
import { placeFlags, type Tools } from '../tools.ts';
import { together } from './both.ts';
import { install } from './install.ts';
import { LogFollower } from './follow-logs.ts';
import { checkCluster, secretRights, trtisRights, workflowRights } from './preflight.ts';
import { remaining, removeRelease, type Remains } from './remove-release.ts';
import { ensureSecret } from './secret.ts';
import { ensureTrtis, findTrtis } from './trtis.ts';
import { watchJob } from './watch.ts';

export interface ClusterTestOptions {
  /** Make the registry's secret where an image needs it. */
  readonly secret: boolean;
  /** Where the inference server is: nowhere, at an address, or to be installed unless it is there. */
  readonly trtis: { readonly kind: 'none' } | { readonly kind: 'at'; readonly uri: string } | { readonly kind: 'here'; readonly imageNeedsSecret: boolean };
  readonly follow: boolean;
  readonly keep: boolean;
  readonly replace: boolean;
  /** Milliseconds for the job, and for the inference server. */
  readonly timeoutMs: number;
}

const podSelector = `job-name=${jobName}`;

function remainsOf(job: string): Remains {
  return { owner: `job/${jobName}`, pods: podSelector, others: [{ kinds: 'persistentvolumeclaim', names: [claimOf(job)] }, { kinds: 'persistentvolume', names: [volumeOf(job)] }] };
}

/** Runs a workflow on a cluster, in the steps of the original (Clara Pipeline Generation Guide, test). */
export async function testOnCluster(tools: Tools, plan: TestPlan, options: ClusterTestOptions): Promise<void> {
  const { io, signal } = tools;
  await prepareData(io, plan);
  const withSecret = options.secret && (plan.registryImages.length > 0 || (options.trtis.kind === 'here' && options.trtis.imageNeedsSecret));
  const rights = [...workflowRights, ...(options.trtis.kind === 'here' ? trtisRights : []), ...(withSecret ? secretRights : [])];
  await checkCluster(tools, rights, { helm: true });
  await clearTheWay(tools, plan, options.replace);
  await withCleanup(async (cleanup) => {
    if (withSecret) await ensureSecret(tools);
    const uri = await trtisUri(tools, cleanup, plan, options);
    await buildImages(tools, plan.builds);
    await runJob(tools, cleanup, plan, uri, options);
  }, {
    keep: options.keep,
    onFailure: () => io.note(signal.aborted ? 'interrupted; removing what was installed' : 'removing what was installed'),
    onKept: (byHand) => { for (const command of byHand) io.note(`kept; remove it with: ${command}`); },
  });
  await listOutputs(io, plan.output);
}

async function trtisUri(tools: Tools, cleanup: Cleanup, { trtisChart }: TestPlan, { trtis, timeoutMs }: ClusterTestOptions): Promise<string> {
  if (trtis.kind === 'none') return usualTrtisUri;
  if (trtis.kind === 'at') return trtis.uri;
  await ensureTrtis(tools, cleanup, { chart: trtisChart, timeoutMs });
  return findTrtis(tools);
}

/** A release of an earlier run that was not cleaned up is in the way; it is removed if the user says so. */
async function clearTheWay(tools: Tools, { job }: TestPlan, replace: boolean): Promise<void> {
  const { io, helm, kubectl, at, signal } = tools;
  const state = await helm.state(testRelease, at);
  if (state.kind === 'present') {
    const what = `the release ${testRelease} is in the namespace ${at.namespace} already (${state.status}): an earlier test left it, or another one is running`;
    if (!replace && !io.interactive) throw new ClaraError('failed', what, { hint: `remove it with --replace, or with: ${uninstallLine(tools)}` });
    if (!replace && !(await confirm(io, `${what[0]!.toUpperCase()}${what.slice(1)}. Replace it?`, '--replace', signal))) {
      throw new ClaraError('interrupted', 'nothing was done', { hint: `it is still there; remove it with: ${uninstallLine(tools)}` });
    }
    const said = await removeRelease(tools, tools.unstoppable, testRelease, remainsOf(job));
    if (said !== undefined) io.note(said);
    return;
  }
  // Helm may have forgotten it, and the cluster may still be busy with it.
  const volume = (await remaining(kubectl, { pods: podSelector, others: [{ kinds: 'persistentvolume', names: [volumeOf(job)] }] })).find((name) => name.startsWith('persistentvolume/'));
  if (volume === undefined) return;
  const [{ metadata } = { metadata: {} }] = await kubectl.objects<{ metadata: { annotations?: Record<string, string> } }>('cannot look at the volume', { kinds: 'persistentvolume', names: [volumeOf(job)], ignoreMissing: true });
  const owner = metadata.annotations?.['meta.helm.sh/release-namespace'];
  throw new ClaraError('failed', `the job ${job} has a volume in this cluster already (${volumeOf(job)}${owner === undefined ? '' : `, of a test in the namespace ${owner}`})`, {
    hint: `use another job id, wait until that test is done, or remove it with: ${shellLine(['kubectl', 'delete', 'persistentvolume', volumeOf(job)])}`,
  });
}

const uninstallLine = ({ at }: Tools) => shellLine(['helm', 'uninstall', testRelease, ...placeFlags(at, '--kube-context')]);

/** Steps 7 to 9. */
async function runJob(tools: Tools, cleanup: Cleanup, plan: TestPlan, uri: string, { follow, timeoutMs }: ClusterTestOptions): Promise<void> {
  const { io, kubectl, signal } = tools;
  const disown = cleanup.add({
    what: `the release ${testRelease}`,
    remove: async () => {
      const said = await removeRelease(tools, tools.unstoppable, testRelease, remainsOf(plan.job));
      if (said !== undefined) await io.line(said);
    },
    byHand: uninstallLine(tools),
  });
  const progress = await StageProgress.begin(io);
  const logs = new LogFollower(io, kubectl, signal);
  const watched = {
    pods: { kinds: 'pods', selector: podSelector },
    others: { kinds: `job/${jobName}`, names: [`persistentvolumeclaim/${claimOf(plan.job)}`] },
    what: 'the job',
  };
  try {
    await together(signal, [
      (inner) => install(tools, releaseOf(plan, uri), timeoutMs, inner, disown),
      (inner) => watchJob(kubectl, watched, {
        timeoutMs, signal: inner,
        onObservation: (seen) => {
          progress.show(seen);
          if (follow) logs.follow(seen);
        },
      }),
    ]);
  } finally {
    await logs.finish();
    progress.stop();
  }
}
