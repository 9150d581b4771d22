import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Connection } from '../../src/api/client.ts';
import { JobsService, PipelinesService } from '../../src/api/services.ts';
import { startAdapter, type RunningAdapter } from '../../src/dicom/adapter.ts';
import { type StoreRequest } from '../../src/dicom/net/scu/association.ts';
import { openAssociation } from '../../src/dicom/net/scu/open.ts';
import { createLog } from '../../src/system/log.ts';
import { splitAddress } from '../../src/core/addresses.ts';
import { encodeDataSet } from './data-set.ts';
import { tempDir } from './run.ts';

export const ct = '1.2.840.10008.5.1.4.1.1.2';
export const explicitLe = '1.2.840.10008.1.2.1';

export interface TestAdapter {
  readonly adapter: RunningAdapter;
  readonly home: string;
  readonly port: number;
  /** Lines of its log. */
  readonly lines: string[];
  /** What lies in its folder of instances. */
  files(): string[];
}

/** An adapter in this process on free ports, with a settings file (YAML), for a platform. It ends with the test. */
export async function startTestAdapter(yaml: string, platform: string, home = tempDir()): Promise<TestAdapter> {
  const file = join(home, 'settings.yaml');
  writeFileSync(file, yaml);
  const lines: string[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line: string) => { lines.push(line); } } });
  const adapter = await startAdapter({
    claraHome: home, home: join(home, 'dicom'), file, listen: '127.0.0.1', port: 0, restListen: '127.0.0.1', restPort: 0, tls: undefined, verbose: false,
    platform: { named: platform, injected: undefined, usual: platform, timeoutMs: 5000, tlsCa: undefined, token: undefined },
  }, log);
  onTestFinished(() => adapter.close());
  return { adapter, home, port: splitAddress(adapter.ready.dicom).port, lines, files: () => readdirSync(join(home, 'dicom', 'instances')).toSorted() };
}

/** Settings with one AE title, `CLARA`; times as in the older generation. Disk limits that every machine keeps. */
export function settingsFor(pipelines: Readonly<Record<string, string>>, { timeout = 1, title = '', more = '' }: { readonly timeout?: number; readonly title?: string; readonly more?: string } = {}): string {
  return `dicom:
  scp:
    reject-unknown-sources: false
    ae-titles:
      - ae-title: CLARA
        timeout: ${timeout}
${title}
pipeline-mappings:
${Object.entries(pipelines).map(([name, id]) => `  - { name: ${name}, clara-ae-title: CLARA, pipeline-id: ${id} }`).join('\n')}
storage: { watermark-percent: 100, reserve-space-gb: 0 }
${more}`;
}

/** An instance with a few attributes; what is null is left out. */
export function instance(sopInstance: string, { patient = 'P1', study = '1.2', series = '1.2.3', bytes = 100, sopClass = ct }: { readonly patient?: string | null; readonly study?: string | null; readonly series?: string | null; readonly bytes?: number; readonly sopClass?: string } = {}): StoreRequest {
  const element = (tag: number, vr: string, value: string | null) => (value === null ? [] : [{ tag, vr, value }]);
  const data = encodeDataSet([
    ...element(0x00080016, 'UI', sopClass), ...element(0x00080018, 'UI', sopInstance), ...element(0x00100010, 'PN', 'Secret^Name'), ...element(0x00100020, 'LO', patient),
    ...element(0x0020000d, 'UI', study), ...element(0x0020000e, 'UI', series), { tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(bytes, 7) },
  ], { explicit: true, bigEndian: false });
  return { sopClass, sopInstance, transferSyntax: explicitLe, data: [data] };
}

/** Sends instances in one association, and returns the statuses. */
export async function send(port: number, instances: readonly StoreRequest[], { calledAe = 'CLARA', callingAe = 'TEST' } = {}): Promise<number[]> {
  const classes = [...new Set(instances.map(({ sopClass }) => sopClass))];
  const association = await openAssociation({ host: '127.0.0.1', port, calledAe, callingAe, contexts: classes.map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes: [explicitLe] })) });
  onTestFinished(() => association.abort());
  const statuses: number[] = [];
  for (const request of instances) statuses.push((await association.store(request)).status);
  await association.release();
  return statuses;
}

export async function createPipeline(connection: Connection, content: string): Promise<string> {
  return (await connection.service(PipelinesService).create([{ definition: { path: './pipeline.yaml', content } }])).pipelineId!.value;
}

/** All jobs, newest first. */
export async function listJobs(connection: Connection): Promise<{ readonly id: string; readonly payload: string; readonly name: string; readonly priority: number; readonly state: number; readonly status: number; readonly metadata: Readonly<Record<string, string>> }[]> {
  const jobs = [];
  const filter = { pipelineId: [], hasState: [], hasStatus: [], completedBefore: undefined, createdAfter: undefined };
  for await (const { jobDetails } of connection.service(JobsService).list({ filter })) {
    jobs.push({ id: jobDetails!.jobId!.value, payload: jobDetails!.payloadId!.value, name: jobDetails!.jobName, priority: jobDetails!.priority, state: jobDetails!.state, status: jobDetails!.status, metadata: jobDetails!.metadata });
  }
  return jobs;
}

/** Waits until something holds; fails after so many seconds. */
export async function eventually<Value>(look: () => Promise<Value | undefined | false>, seconds = 15): Promise<Value> {
  for (const end = Date.now() + seconds * 1000; ;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
