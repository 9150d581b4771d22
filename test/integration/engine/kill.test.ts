import { createServer, type AddressInfo } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { JobState, JobStatus, type JobsStatusResponse } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { serverHome, startServer, type TestServer } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { clients, register } from '../platform/helpers.ts';

const without = missing('bwrap');

/** Where operators report to: each line is one report. Nothing that happens to the platform touches it. */
async function startWitness(): Promise<{ readonly port: number; readonly reports: string[] }> {
  const reports: string[] = [];
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => { text += piece; }).on('error', () => undefined);
    socket.on('end', () => {
      reports.push(...text.split('\n').filter((line) => line !== ''));
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, reports };
}

const count = (reports: readonly string[], report: string) => reports.filter((line) => line === report).length;

/** Twenty operators: four sources, three layers of four that each read two of the layer above, four that read one. */
function twentyOperators(port: number): string {
  const report = (what: string) => `exec 5<>/dev/tcp/127.0.0.1/${port} && echo ${what} >&5 && exec 5>&- 5<&-`;
  const operators = Array.from({ length: 20 }, (_, n) => {
    const [layer, place] = [Math.floor(n / 4), n % 4];
    const from = layer === 0 ? [] : [...new Set([(layer - 1) * 4 + place, (layer - 1) * 4 + (layer === 4 ? place : (place + 1) % 4)])].map((index) => `op${index}`);
    const read = from.length === 0 ? 'cat /input/*' : `cat ${from.map((name) => `/from/${name}/x`).join(' ')}`;
    return {
      name: `op${n}`,
      container: { image: 'host', command: ['/bin/bash', '-c', `${report(`begin op${n}`)}; echo half > /output/half; sleep 0.0${n % 5}; ${read} > /output/x; rm /output/half; echo op${n} ran; ${report(`end op${n}`)}`] },
      input: from.length === 0 ? [{ path: '/input' }] : from.map((name) => ({ from: name, path: `/from/${name}` })),
      output: [{ path: '/output' }],
    };
  });
  return JSON.stringify({ 'api-version': '0.4.0', name: 'twenty', operators });
}

/** Kills the platform after a random while; there is no promise about where it is then. */
async function killSoon(server: TestServer, within: number): Promise<void> {
  await sleep(Math.random() * within);
  await server.kill();
}

test.skipIf(without)('kill -9 at fifty random moments: jobs end as they should, nothing runs twice, nothing acknowledged is lost', async () => {
  const witness = await startWitness();
  let kills = 0;
  while (kills < 50) {
    const home = serverHome();
    witness.reports.length = 0;
    let server = await startServer({ home });
    const { value: pipeline } = await register(clients(server), twentyOperators(witness.port));
    const created = await clients(server).jobs.create({ name: 'twenty', pipelineId: { value: pipeline } });
    const [jobId, payloadId] = [created.jobId!, created.payloadId!];

    // Uploads, cut off once at a random moment; what was acknowledged counts.
    const acknowledged = new Map<string, string>();
    const upload = async (from: number, to: number) => {
      for (let n = from; n < to; n += 1) {
        const [name, data] = [`f${n}`, `${n} ${'x'.repeat(n * 1000)}\n`];
        await clients(server).payloads.upload([{ payloadId, details: { name, mode: 0, size: data.length }, data: Buffer.from(data) }]);
        acknowledged.set(name, data);
      }
    };
    const uploading = upload(0, 40).catch(() => undefined);
    await killSoon(server, 60);
    kills += 1;
    await uploading;
    server = await startServer({ home });
    await upload(40, 42);
    await clients(server).jobs.start({ jobId });

    let status: JobsStatusResponse | undefined;
    const deadline = Date.now() + 60_000;
    for (let round = 0; status?.state !== JobState.JOB_STATE_STOPPED; round += 1) {
      if (round < 6 && kills < 50) {
        await killSoon(server, 250);
        kills += 1;
        server = await startServer({ home });
      } else {
        await sleep(20);
      }
      if (Date.now() > deadline) throw new Error(`job ${jobId.value} does not end: ${server.stderr()}`);
      status = await clients(server).jobs.status({ jobId });
    }
    expect(status).toMatchObject({ state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_HEALTHY, messages: [] });
    for (let n = 0; n < 20; n += 1) {
      expect([`op${n}`, count(witness.reports, `begin op${n}`), count(witness.reports, `end op${n}`)]).toEqual([`op${n}`, 1, 1]);
    }
    const payload = join(home, 'payloads', payloadId.value);
    for (const [name, data] of acknowledged) expect(readFileSync(join(payload, 'input', name), 'utf8')).toBe(data);
    const input = readdirSync(join(payload, 'input')).sort().map((name) => readFileSync(join(payload, 'input', name), 'utf8')).join('');
    for (let n = 0; n < 20; n += 1) {
      expect(readdirSync(join(payload, 'operators', `op${n}`))).toEqual(['x']);
      expect(readFileSync(join(payload, 'operators', `op${n}`, 'x'), 'utf8').length).toBe(input.length * (n < 4 ? 1 : 2 ** Math.min(Math.floor(n / 4), 3)));
    }
    await server.stop();
    expect(leftovers(home)).toEqual([]);
  }
}, 600_000);

/** Everything in a platform's home that does not belong there when nothing happens. */
function leftovers(home: string): string[] {
  const allowed = [/^platform\.db/, /^lock(\.json)?$/, /^models$/, /^models\/[^.]/, /^jobs$/, /^services$/, /^common$/, /^results$/, /^scratch$/, /^view$/, /^scratch\/\d+$/, /^jobs\/\w+$/, /^jobs\/\w+\/op\d+$/, /^jobs\/\w+\/op\d+\/(status|log)$/, /^payloads$/,
    /^payloads\/\.incoming$/, /^payloads\/\w+(\/(input|operators)(\/\w+)*)?$/, /^(models|payloads)\/\.[a-z]+$/];
  return readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) => !allowed.some((pattern) => pattern.test(path)));
}
