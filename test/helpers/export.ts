import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { upload } from '../../src/actions/transfer/upload.ts';
import { defaultTuning } from '../../src/actions/transfer/progress.ts';
import { ResultsClient } from '../../src/api/results/client.ts';
import { type Connection } from '../../src/api/client.ts';
import { PayloadsService } from '../../src/api/services.ts';
import { splitAddress } from '../../src/core/addresses.ts';
import { type DatedResultTask } from '../../src/core/results.ts';
import { type StoreRequest } from '../../src/dicom/net/scu/association.ts';
import { encodeFileHeader } from '../../src/dicom/part10/header.ts';
import { eventually, startTestAdapter, type TestAdapter } from './adapter.ts';
import { startServer, type TestServer } from './platform.ts';
import { tempDir } from './run.ts';

/** An instance as a file. */
export function part10(request: StoreRequest): Buffer {
  return Buffer.concat([encodeFileHeader(request), ...request.data as Iterable<Buffer>]);
}

/** A new payload with files, by their names. */
export async function payloadWith(connection: Connection, files: Readonly<Record<string, Buffer>>): Promise<string> {
  const { payloadId } = await connection.service(PayloadsService).create({});
  const folder = tempDir();
  const planned = Object.entries(files).map(([name, content]) => {
    const source = join(folder, name);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, content);
    return { source, name, size: content.length, mtimeMs: statSync(source).mtimeMs };
  });
  await upload(connection, payloadId!.value, { files: planned, bytes: 0, notes: [] }, defaultTuning);
  return payloadId!.value;
}

export interface ExportPlace extends TestAdapter {
  readonly server: TestServer;
  readonly results: ResultsClient;
  /** Registers files of a new payload, and returns the task's id. */
  register(parameters: string | null, files: Readonly<Record<string, Buffer>>, more?: { readonly agent?: string; readonly uris?: readonly string[] }): Promise<string>;
  /** The task once it has ended. */
  settled(taskId: string, seconds?: number): Promise<DatedResultTask>;
  /** What the adapter keeps of files on their way. */
  temporary(): string[];
}

export interface DestinationOf {
  readonly name?: string;
  readonly port: number;
  readonly aeTitle?: string;
}

/** Settings with destinations on this machine. */
export function exportSettings(destinations: readonly DestinationOf[], { results, patience = 60 }: { readonly results: string; /** Seconds that a receiver gets for each step. */ readonly patience?: number }): string {
  return `dicom:
  scu:
    connect-timeout-seconds: ${patience}
    association-timeout-seconds: ${patience}
    response-timeout-seconds: ${patience}
    export: { poll-frequency-ms: 20 }
    destinations:
${destinations.map(({ name = 'MYPACS', aeTitle = 'MYPACS', port }) => `      - { name: ${name}, ae-title: ${aeTitle}, host-ip: 127.0.0.1, port: ${port} }`).join('\n')}
services: { results-service-endpoint: "http://${results}" }
storage: { watermark-percent: 100, reserve-space-gb: 0 }
`;
}

/** A platform, and an adapter that exports to receivers on this machine. */
export async function exportPlace(destinations: readonly DestinationOf[], more: { readonly patience?: number } = {}): Promise<ExportPlace> {
  const server = await startServer({ args: ['--results-port', '0'] });
  const adapter = await startTestAdapter(exportSettings(destinations, { ...more, results: server.ready.results! }), server.target);
  const results = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 5000);
  return {
    ...adapter, server, results,
    async register(parameters, files, { agent = 'ClaraSCU', uris = Object.keys(files) } = {}) {
      const payloadId = await payloadWith(server.connection, files);
      return results.register(agent, { pipelineId: '1'.repeat(32), jobId: '2'.repeat(32), payloadId, uris, parameters });
    },
    settled: (taskId, seconds = 20) => eventually(async () => {
      const task = await results.get(taskId);
      return (task.state === 'Succeeded' || task.state === 'Failed') && task;
    }, seconds),
    temporary: () => {
      try {
        return readdirSync(join(adapter.home, 'dicom', 'exports'), { recursive: true, encoding: 'utf8' });
      } catch {
        return [];
      }
    },
  };
}
