import { join } from 'node:path';
import { type LocalPlatform } from '../../actions/local-platform.ts';
import { readPlatformValues, serverEnvironment } from '../../config/platform-values.ts';
import { type Context } from '../../terminal/context.ts';

/** The platform of this machine and user, as the settings place it. */
export async function localPlatform(context: Context): Promise<LocalPlatform> {
  const { home } = await context.settings();
  return {
    home: join(home, 'platform'),
    program: join(context.packageRoot, 'dist', 'platform-server.cjs'),
    env: serverEnvironment(),
    defaults: await readPlatformValues(home),
  };
}
