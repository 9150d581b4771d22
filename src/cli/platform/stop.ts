import { localPlatformState, stopLocalPlatform } from '../../actions/local-platform.ts';
import { confirm } from '../../terminal/output/confirm.ts';
import { type Context } from '../../terminal/context.ts';
import { countJobs } from './jobs.ts';
import { localPlatform } from './place.ts';

export async function stop(context: Context, options: { readonly yes: boolean }): Promise<void> {
  const platform = await localPlatform(context);
  if (!options.yes) {
    const state = await localPlatformState(platform.home);
    const question = state.kind === 'running' ? await questionAbout(context, state) : undefined;
    if (question !== undefined && !(await confirm(context.io, question, '-y', context.signal))) {
      context.io.note('nothing was stopped');
      return;
    }
  }
  await context.io.line('Stopping clara...');
  const how = await stopLocalPlatform(platform, 'stop');
  if (how === 'killed') context.io.warn('the platform did not end in time and was killed; its jobs go on at the next start');
  await context.io.line(how === 'not-running' ? 'clara is not running' : 'clara is stopped');
}

/** Undefined where nothing would be cut short. */
async function questionAbout(context: Context, state: Parameters<typeof countJobs>[1]): Promise<string | undefined> {
  const jobs = await countJobs(context, state);
  if (jobs.kind === 'unknown') return `It cannot be told whether jobs are running (${jobs.reason}). Stop the platform all the same?`;
  if (jobs.running === 0) return undefined;
  return `${jobs.running === 1 ? 'A job is' : `${jobs.running} jobs are`} running. Stop the platform?`;
}
