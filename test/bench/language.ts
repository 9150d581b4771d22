import { parse } from 'yaml';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { type DefinitionFile } from '../../src/pipeline/model.ts';
import { type Bench } from './runner/bench.ts';
import { noOpPipeline } from './runner/pipelines.ts';

/** What checking a definition costs beyond reading its YAML, and what imports add. */
export const language: Bench = {
  name: 'language',
  about: 'validating 1,000 operators against `yaml` parsing the same text; a chain of 100 imports against one of 10',
  async run(context) {
    const content = noOpPipeline(1000, 'chain');
    await context.compare({
      what: 'validating 1,000 operators', of: 'time', pairs: 15, warmUp: true,
      product: timed(() => validate([{ path: 'pipeline.yaml', content }])),
      peers: [{ name: 'yaml parse', goal: { atMost: 5 }, run: timed(() => parse(content)) }],
    });
    // So often that the clock's grain does not show; linear is ten times as long.
    const [short, long] = [importChain(10), importChain(100)];
    await context.compare({
      what: 'a chain of 100 imports, for each import', of: 'time', pairs: 15, warmUp: true,
      product: timed(() => { for (let round = 0; round < 4; round += 1) validate(long); }),
      peers: [{ name: 'one of 10, for each import', goal: { atMost: 1.3 }, run: timed(() => { for (let round = 0; round < 40; round += 1) validate(short); }) }],
    });
  },
};

function validate(files: readonly DefinitionFile[]): void {
  const { findings } = loadPipeline(files);
  if (findings.length > 0) throw new Error(`the definition is not valid: ${findings[0]!.message}`);
}

function timed(work: () => unknown): () => Promise<number> {
  return () => {
    const started = performance.now();
    work();
    return Promise.resolve(performance.now() - started);
  };
}

/** A pipeline whose operator is in the last of so many files, of which each imports the next and changes a property of it. */
function importChain(imports: number): readonly DefinitionFile[] {
  const files = [{ path: 'main.yaml', content: 'api-version: 0.4.0\nname: chain\noperators:\n- import: {path: part-1.yaml, args: {level: 1}}\n' }];
  for (let part = 1; part <= imports; part += 1) {
    const head = 'api-version: 0.4.0\nname: part\nparameters: {level: 0}\nvariables:\n  LEVEL: ${{ level }}\n';
    const last = 'container:\n  image: example/part\n  command: ["${{ level }}"]\n';
    files.push({ path: `part-${part}.yaml`, content: part === imports ? head + last : `${head}import:\n  path: part-${part + 1}.yaml\n  args:\n    level: \${{ level }}\n` });
  }
  return files;
}
