import { command, type Verb } from '../../terminal/program/declare.ts';
import { output, quiet, text, wait } from '../../terminal/program/options.ts';
import { idArguments } from './parts.ts';

const jobs = command({
  verb: 'cancel',
  noun: 'jobs',
  summary: 'Cancel jobs that wait or run',
  args: [idArguments('job')],
  options: {
    reason: text('-r, --reason <text>', 'why; kept with the job', { complete: 'none' }),
    wait: wait('wait until the jobs have stopped; exit 3 when the time is over'),
    output: output(['json', 'yaml', 'name']),
    quiet: quiet(),
  },
  examples: [
    ['clara cancel jobs 2f4a --reason "wrong series"', 'one job'],
    ['clara list jobs --state running -q | xargs -r clara cancel jobs --wait', 'all that run, and wait until they have stopped'],
  ],
  load: () => import('../commands/job/cancel.ts').then((module) => module.cancelJobs),
});

export const cancel: Verb = { name: 'cancel', summary: 'Cancel jobs', commands: [jobs] };
