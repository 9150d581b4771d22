import { onTestFinished } from 'vitest';
import { Connection } from '../../src/api/client.ts';
import { packedFiles } from '../../src/api/extensions.ts';
import { unpack } from '../../src/api/packing.ts';
import { type ServiceHandlers } from '../../src/api/server.ts';
import { PayloadsService } from '../../src/api/services.ts';
import { serve, startGrpcServer } from './grpc-server.ts';

/** What a test's payload holds, by listed name (`/a/b`). */
export type Stored = Map<string, Buffer>;

export interface PayloadServer {
  readonly stored: Stored;
  readonly connection: Connection;
  /** Names as they arrived, one entry a message. */
  readonly messages: string[];
  /** Upload calls that were begun. */
  calls: number;
}

/**
 * A platform with one payload in memory, for what the real one never does: fail in the middle, list hostile names, answer
 * early. Handlers given here replace its own.
 */
export async function startPayloadServer(stored: Readonly<Record<string, string | Buffer>> = {}, handlers: Partial<ServiceHandlers<typeof PayloadsService>> = {}): Promise<PayloadServer> {
  const files: Stored = new Map(Object.entries(stored).map(([name, content]) => [name, Buffer.from(content)]));
  const server: { -readonly [K in keyof PayloadServer]?: PayloadServer[K] } & { messages: string[]; calls: number } = { stored: files, messages: [], calls: 0 };
  const target = await startGrpcServer([serve(PayloadsService, {
    async upload(requests, context) {
      server.calls += 1;
      const received = new Map<string, Buffer[]>();
      let last = '';
      const packed = context.metadata(packedFiles.key) === packedFiles.value;
      for await (const request of requests) {
        const files = packed && request.details === undefined ? [...unpack(request.data)].map((bytes) => PayloadsService.upload.requestDeserialize(bytes)) : [request];
        for (const { details, data } of files) {
          last = details!.name;
          server.messages.push(last);
          received.set(last, [...received.get(last) ?? [], Buffer.from(data)]);
        }
      }
      for (const [name, pieces] of received) files.set(`/${name}`, Buffer.concat(pieces));
      return { details: { mode: 0, name: last, size: files.get(`/${last}`)?.length ?? 0 } };
    },
    async *details() {
      for (const [name, content] of files) yield { file: { mode: 0, name, size: content.length } };
    },
    async *download({ name }) {
      const content = files.get(name)!;
      yield { details: { mode: 0, name, size: content.length }, data: content.subarray(0, 3) };
      for (let at = 3; at < content.length; at += 100_000) yield { data: content.subarray(at, at + 100_000) };
    },
    ...handlers,
  })]);
  server.connection = new Connection({ target });
  onTestFinished(() => server.connection!.close());
  return server as PayloadServer;
}
