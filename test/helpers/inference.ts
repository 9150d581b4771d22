import { onTestFinished } from 'vitest';
import { Connection } from '../../src/api/client.ts';
import { listPayload } from '../../src/actions/transfer/payload-files.ts';
import { PayloadsService } from '../../src/api/services.ts';
import { type StatusBody } from '../../src/dicom/inference/status.ts';
import { createPipeline, eventually, settingsFor, startTestAdapter, type TestAdapter } from './adapter.ts';
import { startServer } from './platform.ts';
import { shellOperators } from './shell-operators.ts';

export const pipelineDefinition = shellOperators({ look: 'find /input -type f > /output/list' });

export const algorithm = (id: string, name = 'ct') => ({ interface: 'Algorithm', connectionDetails: { name, id } });
export const dicomWeb = (uri: string, more: object = {}) => ({ interface: 'DICOMweb', connectionDetails: { uri, operations: ['QUERY', 'RETRIEVE'], ...more } });
export const fhir = (uri: string, more: object = {}) => ({ interface: 'FHIR', connectionDetails: { uri, ...more } });
export const body = (more: object) => ({ transactionID: 'T1', ...more });

export interface HttpAnswer<Body> {
  readonly status: number;
  readonly type: string | null;
  readonly body: Body;
}

export type Status = (id: string) => Promise<HttpAnswer<StatusBody>>;

export interface InferencePlace extends TestAdapter {
  readonly connection: Connection;
  readonly pipeline: string;
  post(body: unknown, type?: string): Promise<HttpAnswer<{ readonly jobId: string; readonly payloadId: string }>>;
  readonly status: Status;
  /** Names of the files in a job's input, in order. */
  listInput(payloadId: string): Promise<string[]>;
}

/** A platform with a pipeline, and an adapter that tries again at once. Both end with the test. */
export async function place({ hosts, target, pipeline, home }: { readonly hosts?: readonly string[]; readonly target?: string; readonly pipeline?: string; readonly home?: string } = {}): Promise<InferencePlace> {
  const platform = target ?? (await startServer()).target;
  const connection = new Connection({ target: platform });
  onTestFinished(() => connection.close());
  const id = pipeline ?? (await createPipeline(connection, pipelineDefinition));
  const more = `services: { platform: { retry-delay-seconds: 0 }${hosts === undefined ? '' : `, inference: { allowed-hosts: ${JSON.stringify(hosts)} }`} }`;
  const adapter = await startTestAdapter(settingsFor({ one: id }, { more }), platform, home);
  const base = `http://${adapter.adapter.ready.rest}/api/inference`;
  const answer = async <Body>(response: Response) => ({ status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Body });
  return {
    ...adapter, connection, pipeline: id,
    post: async (request, type = 'application/json') => answer(await fetch(base, { method: 'POST', headers: { 'content-type': type }, body: typeof request === 'string' ? request : JSON.stringify(request) })),
    status: async (one) => answer(await fetch(`${base}/status/${encodeURIComponent(one)}`)),
    listInput: async (payloadId) => (await listPayload(connection, payloadId)).files.map(({ name }) => name).filter((name) => name.startsWith('/input/')).toSorted(),
  };
}

/** The status of a request whose job has ended. */
export function settled(status: Status, id: string): Promise<StatusBody> {
  return eventually(async () => {
    const { body: found } = await status(id);
    if (found.dicom?.status === 'Fail') throw new Error(`the request failed: ${found.message}`);
    return found.dicom?.status === 'Success' && found.platform.state === 'Stopped' && found;
  }, 30);
}

/** The status of a request that was given up and whose job is cancelled. */
export function failed(status: Status, id: string): Promise<StatusBody> {
  return eventually(async () => {
    const { body: found } = await status(id);
    return found.dicom?.status === 'Fail' && found.platform.state === 'Stopped' && found;
  }, 30);
}

/** A file of a payload as a whole. */
export async function downloadFile(connection: Connection, payloadId: string, name: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const { data } of connection.service(PayloadsService).download({ payloadId: { value: payloadId }, name })) pieces.push(data);
  return Buffer.concat(pieces);
}
