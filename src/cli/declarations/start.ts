import { command, type Verb } from '../../terminal/program/declare.ts';
import { output, quiet, wait } from '../../terminal/program/options.ts';
import { idArgument, idFlag, setFlag } from './parts.ts';

const job = command({
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

export const start: Verb = { name: 'start', summary: 'Start a job', commands: [job] };
