import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench } from './runner/bench.ts';
import { calledAe, makeInstances, startReceivingAdapter, startStorescp } from './runner/dicom.ts';
import { Clara, runProgram, startPlatform } from './runner/programs.ts';
import { median } from './runner/statistics.ts';
import { isInstalled } from './runner/workspace.ts';

/** Instances of a study, and how long nothing more may have come of it, in seconds: the least that there is. */
const [instances, quietSeconds] = [20, 5];
/** What the goal leaves for all that is neither the time-out nor the work of operators, in ms. */
const goalMs = 2000;
const pollMs = 10;
const patienceMs = 120_000;

/** Hands on what has come in. What its two operators take is not taken off: it is little. */
const definition = {
  'api-version': '0.4.0', name: 'hand-on',
  operators: [
    { name: 'copy', container: { image: 'host', command: ['/bin/sh', '-c', 'cp -r /input/. /output'] }, input: [{ path: '/input' }], output: [{ path: '/output' }] },
    { name: 'register-results', container: { image: 'clara/register-results', command: ['--agent', 'ClaraSCU', '--data', '["PACS"]'] }, input: [{ from: 'copy', path: '/input' }] },
  ],
};

/** How long the way from a sender to a PACS takes. */
export const delivery: Bench = {
  name: 'delivery',
  about: 'from the last instance of a study to its results at the PACS, without the time-out, against 2 s',
  async run(context) {
    if (!isInstalled('storescu') || !isInstalled('storescp')) return context.leaveOut('dcmtk', 'it is not installed');
    const { workspace } = context;
    const [platform, pacs] = [await startPlatform(workspace), await startStorescp(workspace)];
    const clara = new Clara(workspace, platform.target);
    const file = join(workspace.makeFolder('pipeline'), 'pipeline.json');
    writeFileSync(file, JSON.stringify(definition));
    const { stdout } = await clara.run('create', 'pipeline', '-p', file, '-o', 'json');
    const { pipelineId } = JSON.parse(stdout) as { readonly pipelineId: string };
    const { port } = await startReceivingAdapter(clara, workspace, {
      quietSeconds, pipelineId, settings: `services: { results-service-endpoint: "http://${platform.results!}" }`,
    });
    await clara.run('dicom', 'create', 'dest', '-n', 'PACS', '-a', 'PACS', '-i', '127.0.0.1', '-p', String(pacs.port));
    const study = workspace.makeFolder('instances');
    const overheads: number[] = [];
    for (let round = 0; round < (context.options.pairs ?? 5); round += 1) {
      makeInstances(study, instances, 512_000);
      await runProgram('storescu', ['+sd', '-aec', calledAe, '127.0.0.1', String(port), study], { env: { TCP_NODELAY: '1' } });
      const sent = performance.now();
      while (await pacs.count() < instances) {
        if (performance.now() - sent > patienceMs) throw new Error(`${await pacs.count()} of ${instances} instances came back`);
        await sleep(pollMs);
      }
      overheads.push(performance.now() - sent - quietSeconds * 1000);
      await pacs.clear();
    }
    context.ratio(`${instances} × 512 kB through a pipeline to storescp`, '2 s', median(overheads) / goalMs, { atMost: 1 });
  },
};
