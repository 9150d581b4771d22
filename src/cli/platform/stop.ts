import { localPlatformState, stopLocalPlatform } from '../../actions/local-platform.ts';
import { confirm } from '../../terminal/output/confirm.ts';
import { type Context } from '../../terminal/context.ts';
import { printItem } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { countJobs } from './jobs.ts';
import { localPlatform } from './place.ts';

export async function stop(context: Context, options: { readonly yes: boolean; readonly output: OutputFormat | undefined }): Promise<void> {
  const platform = await localPlatform(context);
  if (!options.yes) {
    const state = await localPlatformState(platform.home);
    const question = state.kind === 'running' ? await questionAbout(context, state) : undefined;
    if (question !== undefined && !(await confirm(context.io, question, '-y', context.signal))) {
      context.io.note('nothing was stopped');
      return;
    }
  }
  if (options.output === undefined) await context.io.line('Stopping clara...');
  const how = await stopLocalPlatform(platform, 'stop');
  if (how === 'killed') context.io.warn('the platform did not end in time and was killed; its jobs go on at the next start');
  const wasRunning = how !== 'not-running';
  const view = { kind: 'platform', id: () => platform.home, data: () => ({ state: 'stopped', home: platform.home, stopped: wasRunning }) };
  await printItem(context.io, view, platform, () => [wasRunning ? 'clara is stopped' : 'clara is not running'], { output: options.output });
}

/** Undefined where nothing would be cut short. */
async function questionAbout(context: Context, state: Parameters<typeof countJobs>[1]): Promise<string | undefined> {
  const jobs = await countJobs(context, state);
  if (jobs.kind === 'unknown') return `It cannot be told whether jobs are running (${jobs.reason}). Stop the platform all the same?`;
  if (jobs.running === 0) return undefined;
  return `${jobs.running === 1 ? 'A job is' : `${jobs.running} jobs are`} running. Stop the platform?`;
}
