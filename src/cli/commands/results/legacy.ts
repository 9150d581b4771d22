import { type Context } from '../../../terminal/context.ts';
import { resultsOf, type ServiceOption } from './service.ts';

/**
 * `clara results start` and `restart` of the first releases, where the service was a plugin's: it runs as long as the
 * platform does, so a script that starts both goes on; where no platform runs it learns so.
 */
export async function startResults(context: Context, options: ServiceOption & { readonly file: string | undefined }): Promise<void> {
  if (options.file !== undefined) context.io.warn(`${options.file} is not used: flags of \`clara platform start\` set the Results Service up (--results-port, --results-lease, --results-retain)`);
  const client = await resultsOf(context, options);
  for await (const _ of client.list({ limit: 1 }, { signal: context.signal })) break;
  context.io.note('the Results Service is part of the platform, and runs: `clara platform start` and `restart` are its commands');
}

export function stopResults(context: Context): Promise<void> {
  context.io.note('the Results Service is part of the platform, and goes on: `clara platform stop` stops both');
  return Promise.resolve();
}
