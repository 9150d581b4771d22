import { fullVersion } from '../../core/version.ts';
import { type Context } from '../../terminal/context.ts';

/** `clara-wf --version`: one line in the form of `clara version`. */
export async function printVersion({ io }: Context): Promise<void> {
  await io.line(`Clara workflow version: ${fullVersion}`);
}
