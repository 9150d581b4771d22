import { PipelinesService } from '../../src/api/services.ts';
import { type Bench } from './runner/bench.ts';
import { Clara, runProgram, startPlatform } from './runner/programs.ts';
import { noOpPipeline } from './runner/pipelines.ts';

/** How long a user waits for a command that does next to nothing. */
export const start: Bench = {
  name: 'start',
  about: 'clara --help, clara version, clara list pipelines against node -e 0',
  async run(context) {
    const platform = await startPlatform(context.workspace);
    const pipelines = platform.connection.service(PipelinesService);
    await pipelines.create([{ definition: { path: 'pipeline.yaml', content: noOpPipeline(1, 'side') } }]);
    const clara = new Clara(context.workspace, platform.target);
    const node = async () => (await runProgram(process.execPath, ['-e', '0'])).ms;
    for (const [args, atMost] of [[['--help'], 1.3], [['version'], 1.3], [['list', 'pipelines'], 2]] as const) {
      await context.compare({
        what: `clara ${args.join(' ')}`, of: 'time', pairs: 25, warmUp: true,
        product: async () => (await clara.run(...args)).ms,
        peers: [{ name: 'node -e 0', goal: { atMost }, run: node }],
      });
    }
  },
};
