import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaraError } from '../../../core/errors.ts';
import { shellLine } from '../../../core/text/shell-word.ts';
import { type ChartRelease } from '../../../tools/helm/arguments.ts';
import { type PodObject } from '../../../tools/kubectl/pods.ts';
import { type Cleanup } from '../cleanup.ts';
import { needsSecret, trtisRelease } from '../plan.ts';
import { type Tools, placeFlags } from '../tools.ts';
import { guarded } from './both.ts';
import { install } from './install.ts';
import { removeRelease, type Remains } from './remove-release.ts';
import { watchForTrouble, type Watched } from './watch.ts';

const selector = `app.kubernetes.io/name=${trtisRelease},app.kubernetes.io/instance=${trtisRelease}`;
const watched: Watched = { pods: { kinds: 'pods', selector }, others: undefined, what: 'TRTIS' };
const remains: Remains = { owner: `deployment/${trtisRelease}`, pods: selector, others: [] };

export const trtisChartRelease = (chart: string): ChartRelease => ({ name: trtisRelease, chart, values: [] });

export interface TrtisOptions {
  /** Folder of its chart. */
  readonly chart: string;
  /** Milliseconds until it has to answer. */
  readonly timeoutMs: number;
}

/**
 * Step 4 of a test: installs the inference server unless it runs, and waits until it answers. Where it is installed here, `cleanup` takes it
 * away again; one that ran before is nobody's to remove.
 */
export async function ensureTrtis(tools: Tools, cleanup: Cleanup, { chart, timeoutMs }: TrtisOptions): Promise<void> {
  const { io, helm, kubectl, at, signal } = tools;
  const state = await helm.state(trtisRelease, at);
  if (state.kind === 'present' && state.status === 'deployed') return;
  if (state.kind === 'present') {
    throw new ClaraError('failed', `TRTIS is not deployed as it should be: the state of the release ${trtisRelease} in the namespace ${at.namespace} is ${state.status}`, { hint: 'remove it with `clara-wf uninstall_trtis`' });
  }
  await io.line('TRTIS is not deployed. Installing TRTIS...');
  const disown = cleanup.add({
    what: `the release ${trtisRelease}`,
    remove: () => uninstallTrtis(tools).then(() => undefined),
    byHand: shellLine(['helm', 'uninstall', trtisRelease, ...placeFlags(at, '--kube-context')]),
  });
  const progress = await io.progress('waiting for TRTIS');
  try {
    await guarded(
      signal,
      (inner) => install(tools, trtisChartRelease(chart), timeoutMs, inner, disown),
      (inner) => watchForTrouble(kubectl, watched, { timeoutMs, signal: inner }),
    );
  } finally {
    progress.stop();
  }
}

/** Step 5 of a test: where it is. Prints the two lines of the original, and returns `address:port`. */
export async function findTrtis({ io, kubectl, at }: Tools): Promise<string> {
  const pods = await kubectl.objects<PodObject>('cannot find the pod of TRTIS', { kinds: 'pods', selector });
  const pod = pods.find(({ status, metadata }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined) ?? pods[0];
  const [service] = await kubectl.objects<{ readonly spec: { readonly clusterIP?: string } }>('cannot find the service of TRTIS', { kinds: 'service', names: [trtisRelease] });
  const address = service?.spec.clusterIP;
  if (pod === undefined || address === undefined || address === 'None') {
    throw new ClaraError('failed', `TRTIS is deployed in the namespace ${at.namespace}, but has no ${pod === undefined ? 'pod' : 'address'}`, { hint: 'remove it with `clara-wf uninstall_trtis`; the next test installs it again' });
  }
  const uri = `${address.includes(':') ? `[${address}]` : address}:8000`;
  await io.lines([`TRTIS Pod Name : ${pod.metadata.name}`, `NVIDIA_CLARA_TRTISURI : ${uri}`]);
  return uri;
}

/** Step 10 of a test. Tells whether there was one. */
export async function uninstallTrtis(tools: Tools): Promise<boolean> {
  const said = await removeRelease(tools, tools.unstoppable, trtisRelease, remains);
  if (said !== undefined) await tools.io.line(said);
  return said !== undefined;
}

/** Whether its image is in NVIDIA's registry, by the chart's values; what cannot be read there is for helm to complain about. */
export async function trtisNeedsSecret(chart: string): Promise<boolean> {
  const { load, CORE_SCHEMA } = await import('js-yaml');
  try {
    const values = load(await readFile(join(chart, 'values.yaml'), 'utf8'), { schema: CORE_SCHEMA }) as { image?: { repository?: unknown } } | undefined;
    return typeof values?.image?.repository === 'string' && needsSecret(values.image.repository);
  } catch {
    return false;
  }
}
