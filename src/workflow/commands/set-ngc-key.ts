import { ngcKeyFromEnvironment } from '../../config/settings.ts';
import { type Context } from '../../terminal/context.ts';
import { checkCluster, secretRights } from '../run/cluster/preflight.ts';
import { refuseKeyArgument, resetSecret } from '../run/cluster/secret.ts';
import { openTools, type ClusterOptions } from '../run/tools.ts';

export interface KeyOptions extends ClusterOptions {
  readonly key: string | undefined;
}

/** `clara-wf setkey`: makes the registry's secret, or gives it another key. */
export async function setNgcKey(context: Context, options: KeyOptions): Promise<void> {
  refuseKeyArgument(options.key);
  const tools = openTools(context, options);
  await checkCluster(tools, secretRights, { helm: false });
  const { stdin } = context.io.terminal;
  await resetSecret(tools, options.key === '-' || (ngcKeyFromEnvironment() === undefined && !stdin.isTTY));
}
