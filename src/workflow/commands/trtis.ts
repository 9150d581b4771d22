import { type Context } from '../../terminal/context.ts';
import { withCleanup } from '../run/cleanup.ts';
import { checkCluster, secretRights, trtisRights } from '../run/cluster/preflight.ts';
import { ensureSecret } from '../run/cluster/secret.ts';
import { ensureTrtis, findTrtis, trtisNeedsSecret, uninstallTrtis } from '../run/cluster/trtis.ts';
import { openTools, type ClusterOptions } from '../run/tools.ts';
import { projectOf } from './place.ts';

export interface InstallOptions extends ClusterOptions {
  readonly noSecret: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** `clara-wf install_trtis`: installs the inference server unless it runs, waits until it answers, and says where it is. */
export async function installTrtis(context: Context, options: InstallOptions): Promise<void> {
  const { paths: { trtisChart: chart } } = await projectOf(context);
  const tools = openTools(context, options);
  const secret = !options.noSecret && await trtisNeedsSecret(chart);
  await checkCluster(tools, [...trtisRights, ...(secret ? secretRights : [])], { helm: true });
  await withCleanup(async (cleanup) => {
    if (secret) await ensureSecret(tools);
    await ensureTrtis(tools, cleanup, { chart, timeoutMs: options.timeout });
    await findTrtis(tools);
    cleanup.forget();
  }, { keep: false, onFailure: () => tools.io.note('removing what was installed'), onKept: () => undefined });
}

/** `clara-wf uninstall_trtis`: removes it, and waits until it is gone. */
export async function removeTrtis(context: Context, options: ClusterOptions): Promise<void> {
  const tools = openTools(context, options);
  await checkCluster(tools, trtisRights, { helm: true });
  if (!(await uninstallTrtis(tools))) tools.io.note(`TRTIS is not deployed in the namespace ${tools.at.namespace}`);
}
