import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import {
  Client, credentials, Server, ServerCredentials, type ServerReadableStream, type ServerWritableStream, type sendUnaryData, type ServiceDefinition,
} from '@grpc/grpc-js';
import {
  PayloadsDownloadRequest, PayloadsService, PayloadsUploadRequest, PayloadsUploadResponse, type PayloadsDownloadResponse,
} from '../../../src/api/generated/nvidia/clara/platform/payloads.ts';

/** The messages of the platform as the generator made them, with grpc-js as it comes; only the limit of a message is raised. */
const { upload, download } = PayloadsService;
const limits = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

/** Writes uploads to files of a folder and sends them back in messages of `chunk` bytes. Resolves to its address. */
export function serveGrpc(folder: string, chunk: number): Promise<string> {
  const server = new Server(limits);
  server.addService({ upload, download } as unknown as ServiceDefinition, {
    upload(call: ServerReadableStream<PayloadsUploadRequest, PayloadsUploadResponse>, reply: sendUnaryData<PayloadsUploadResponse>) {
      receive(call, folder).then(() => reply(null, PayloadsUploadResponse.fromPartial({})), (thrown: Error) => reply(thrown));
    },
    download(call: ServerWritableStream<PayloadsDownloadRequest, PayloadsDownloadResponse>) {
      send(call, join(folder, basename(call.request.name)), chunk).catch((thrown: unknown) => call.destroy(thrown as Error));
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(`127.0.0.1:${port}`)));
  });
}

async function receive(call: ServerReadableStream<PayloadsUploadRequest, PayloadsUploadResponse>, folder: string): Promise<void> {
  let file: ReturnType<typeof createWriteStream> | undefined;
  for await (const message of call as AsyncIterable<PayloadsUploadRequest>) {
    file ??= createWriteStream(join(folder, basename(message.details!.name)));
    if (!file.write(message.data)) await once(file, 'drain');
  }
  if (file === undefined) return;
  file.end();
  await finished(file);
}

async function send(call: ServerWritableStream<PayloadsDownloadRequest, PayloadsDownloadResponse>, file: string, chunk: number): Promise<void> {
  for await (const data of createReadStream(file, { highWaterMark: chunk }) as AsyncIterable<Buffer>) {
    if (!call.write({ header: undefined, details: undefined, data })) await once(call, 'drain');
  }
  call.end();
}

export async function sendGrpc(address: string, file: string, name: string, chunk: number): Promise<void> {
  const client = new Client(address, credentials.createInsecure(), limits);
  await new Promise<void>((resolve, reject) => {
    const call = client.makeClientStreamRequest(upload.path, upload.requestSerialize, upload.responseDeserialize, (error) => (error ? reject(error) : resolve()));
    const write = async () => {
      for await (const data of createReadStream(file, { highWaterMark: chunk }) as AsyncIterable<Buffer>) {
        if (!call.write(PayloadsUploadRequest.fromPartial({ details: { name }, data }))) await once(call, 'drain');
      }
      call.end();
    };
    write().catch(reject);
  });
  client.close();
}

export async function getGrpc(address: string, file: string, name: string): Promise<void> {
  const client = new Client(address, credentials.createInsecure(), limits);
  const call = client.makeServerStreamRequest(download.path, download.requestSerialize, download.responseDeserialize, PayloadsDownloadRequest.fromPartial({ name }));
  await pipeline(call, async function* (messages: AsyncIterable<PayloadsDownloadResponse>) {
    for await (const { data } of messages) yield data;
  }, createWriteStream(file));
  client.close();
}
