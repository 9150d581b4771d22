import { type Bench } from './runner/bench.ts';
import { jobsOf } from './runner/jobs.ts';
import { noOpPipeline } from './runner/pipelines.ts';
import { runProgram, startPlatform } from './runner/programs.ts';
import { isInstalled } from './runner/workspace.ts';

const image = { image: 'busybox', tag: 'local', command: ['true'] };
const reference = `${image.image}:${image.tag}`;
const operators = 10;

/** What a job adds to the containers that it runs. */
export const container: Bench = {
  name: 'container',
  about: 'ten operators in containers, one after the other, against docker run --rm ten times',
  async run(context) {
    if (!isInstalled('docker', ['image', 'inspect', reference])) {
      context.leaveOut('docker run', `docker does not run here, or has no image ${reference}`);
      return;
    }
    const { workspace } = context;
    const { connection } = await startPlatform(workspace, { args: ['--backend', 'docker'] });
    const label = `clara.bench=${process.pid}`;
    workspace.onClose(async () => {
      const { stdout } = await runProgram('docker', ['ps', '-aq', '--filter', `label=${label}`]);
      const left = stdout.split('\n').filter((id) => id !== '');
      if (left.length > 0) await runProgram('docker', ['rm', '-f', ...left]);
    });
    await context.compare({
      what: `${operators} operators on docker`, of: 'time', pairs: 5, warmUp: true,
      product: await jobsOf(connection, noOpPipeline(operators, 'chain', image)),
      peers: [{
        name: 'docker run --rm',
        goal: { atMost: 1.1 },
        run: async () => {
          const started = performance.now();
          for (let run = 0; run < operators; run += 1) await runProgram('docker', ['run', '--rm', '--label', label, reference, ...image.command]);
          return performance.now() - started;
        },
      }],
    });
  },
};
