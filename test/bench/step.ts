import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Context, type Peer } from './runner/bench.ts';
import { jobsOf } from './runner/jobs.ts';
import { noOpPipeline } from './runner/pipelines.ts';
import { runProgram, startPlatform } from './runner/programs.ts';
import { isInstalled } from './runner/workspace.ts';

const operators = 200;

/** What the engine adds to every operator: sandbox, supervisor, a state that outlives a power cut. */
export const step: Bench = {
  name: 'step',
  about: '200 operators that do nothing, in a chain and side by side, against make and snakemake',
  async run(context) {
    const { connection } = await startPlatform(context.workspace, { args: ['--cpus', '2'] });
    for (const [shape, what] of [['chain', 'in a chain'], ['side', 'side by side']] as const) {
      await context.compare({
        what: `${operators} operators ${what}`, of: 'time', pairs: 5, warmUp: true,
        product: await jobsOf(connection, noOpPipeline(operators, shape)),
        peers: [...make(context, shape), ...await snakemake(context, shape)],
      });
    }
  },
};

function make(context: Context, shape: 'chain' | 'side'): Peer[] {
  if (!isInstalled('make')) {
    context.leaveOut('make', 'it is not installed');
    return [];
  }
  const targets = Array.from({ length: operators }, (_, index) => `step-${index + 1}`);
  // Its state is the files that the steps leave, as ours is the database and the folders of outputs.
  const rules = targets.map((target, index) => `${target}:${shape === 'chain' && index > 0 ? ` ${targets[index - 1]}` : ''}\n\t@touch $@\n`);
  return [{
    name: shape === 'chain' ? 'make' : 'make -j2',
    goal: { atMost: 5 },
    run: async () => {
      const cwd = context.workspace.makeFolder('make');
      writeFileSync(join(cwd, 'Makefile'), `all: ${targets.join(' ')}\n${rules.join('')}`);
      const { ms } = await runProgram('make', shape === 'chain' ? [] : ['-j2'], { cwd });
      rmSync(cwd, { recursive: true });
      return ms;
    },
  }];
}

async function snakemake(context: Context, shape: 'chain' | 'side'): Promise<Peer[]> {
  if (!isInstalled('snakemake')) {
    context.leaveOut('snakemake', 'it is not installed');
    return [];
  }
  const cache = context.workspace.makeFolder('cache');
  // Releases differ severalfold in what a rule costs them.
  const name = `snakemake ${(await runProgram('snakemake', ['--version'], { env: { XDG_CACHE_HOME: cache } })).stdout.trim()}`;
  const steps = Array.from({ length: operators }, (_, index) => index + 1);
  const rules = steps.map((number) => `rule step_${number}:\n${shape === 'chain' && number > 1 ? `    input: "out-${number - 1}"\n` : ''}    output: touch("out-${number}")\n    shell: "true"\n`);
  const snakefile = `rule all:\n    input: ${steps.map((number) => `"out-${number}"`).join(', ')}\n${rules.join('')}`;
  return [{
    name: shape === 'chain' ? name : `${name} -j2`,
    goal: { atMost: 0.2 },
    run: async () => {
      const cwd = context.workspace.makeFolder('snakemake');
      writeFileSync(join(cwd, 'Snakefile'), snakefile);
      const { ms } = await runProgram('snakemake', [shape === 'chain' ? '-j1' : '-j2', '--quiet', 'all'], { cwd, env: { XDG_CACHE_HOME: cache } });
      rmSync(cwd, { recursive: true });
      return ms;
    },
  }];
}
