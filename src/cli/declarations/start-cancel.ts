import { command, type Verb } from '../../terminal/program/declare.ts';
import { output, quiet, text, wait } from '../../terminal/program/options.ts';
import { idArgument, idArguments, idFlag, setFlag } from './parts.ts';

const startJob = command({
  verb: 'start',
  noun: 'job',
  summary: 'Start a job that was created before',
  description: 'It runs when the platform has room for it; until then its state stays JOB_STATE_PENDING.',
  args: [idArgument('job')],
  options: {
    job: idFlag('j', 'job'),
    set: setFlag(),
    wait: wait('wait until the job ends; exit 6 if it does not succeed, 3 when the time is over'),
    output: output(['json', 'yaml', 'name']),
    quiet: quiet(),
  },
  examples: [
    ['clara start job -j 2f4a', 'by the first digits of its id'],
    ['clara start job -j 2f4a --set THRESHOLD=300 --wait', 'with a parameter; wait for the end'],
  ],
  load: () => import('../commands/job/start.ts').then((module) => module.startJob),
});

export const start: Verb = { name: 'start', summary: 'Start a job', commands: [startJob] };

const cancelJobs = command({
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

export const cancel: Verb = { name: 'cancel', summary: 'Cancel jobs', commands: [cancelJobs] };
