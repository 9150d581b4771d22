import { fullVersion } from '../../core/version.ts';
import { type Context } from '../../terminal/context.ts';

export async function printVersion(context: Context): Promise<void> {
  await context.io.line(fullVersion);
}
