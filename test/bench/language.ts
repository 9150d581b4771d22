import { parse } from 'yaml';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { type Bench } from './runner/bench.ts';
import { noOpPipeline } from './runner/pipelines.ts';

/** What checking a definition costs beyond reading its YAML. */
export const language: Bench = {
  name: 'language',
  about: 'validating a definition of 1,000 operators against `yaml` parsing the same text',
  async run(context) {
    const content = noOpPipeline(1000, 'chain');
    const timed = (work: () => unknown) => () => {
      const started = performance.now();
      work();
      return Promise.resolve(performance.now() - started);
    };
    const { findings } = loadPipeline([{ path: 'pipeline.yaml', content }]);
    if (findings.length > 0) throw new Error(`the definition is not valid: ${findings[0]!.message}`);
    await context.compare({
      what: 'validating 1,000 operators', of: 'time', pairs: 15, warmUp: true,
      product: timed(() => loadPipeline([{ path: 'pipeline.yaml', content }])),
      peers: [{ name: 'yaml parse', goal: { atMost: 5 }, run: timed(() => parse(content)) }],
    });
  },
};
