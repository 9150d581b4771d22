import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { settingSpecs } from '../../../src/config/settings.ts';
import { PayloadsService } from '../../../src/api/services.ts';
import { type Context, type Peer, type Run } from './bench.ts';
import { Clara, peakMemory, peerArguments, type Platform, runProgram, startPeer, startPlatform } from './programs.ts';

const megabyte = 1024 * 1024;

/** Bytes of content in a message of the product; bare gRPC uses the same. */
export const chunkBytes = Number(settingSpecs.chunkSize.fallback);

/** Goals of both directions (speed against the peer). */
const [httpGoal, grpcGoal] = [{ atLeast: 0.85 }, { atLeast: 1 }];
const memoryGoal = { atMost: 150 };

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: megabyte }) as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest('hex');
}

/** A file of random bytes. */
export function writeRandomFile(path: string, megabytes: number): void {
  const file = openSync(path, 'w');
  try {
    const block = Buffer.alloc(megabyte);
    for (let written = 0; written < megabytes; written += 1) writeSync(file, randomFillSync(block));
  } finally {
    closeSync(file);
  }
}

export interface TransferSetup {
  readonly platform: Platform;
  readonly clara: Clara;
  readonly payloadId: string;
  /** The file to send, and what it is. */
  readonly source: string;
  readonly hash: string;
  /** Where the platform keeps the payload, and where the servers of the peers keep what they get. */
  readonly stored: string;
  readonly kept: { readonly http: string; readonly grpc: string };
  /** Addresses of the peers. */
  readonly http: string;
  readonly grpc: string;
  /** A folder for what clients receive. */
  readonly received: string;
}

/** A platform with an empty payload, the servers of the peers, and a file of random bytes. */
export async function setUpTransfer({ workspace, options }: Context): Promise<TransferSetup> {
  const home = workspace.makeFolder('platform');
  const platform = await startPlatform(workspace, { home });
  const { payloadId } = await platform.connection.service(PayloadsService).create({});
  const kept = { http: workspace.makeFolder('http'), grpc: workspace.makeFolder('grpc') };
  const source = join(workspace.makeFolder('source'), 'file.raw');
  writeRandomFile(source, options.sizeMb);
  return {
    platform, clara: new Clara(workspace, platform.target), payloadId: payloadId!.value,
    source, hash: await sha256(source), stored: join(home, 'payloads', payloadId!.value), kept,
    http: await startPeer(workspace, 'serve-http', kept.http),
    grpc: await startPeer(workspace, 'serve-grpc', kept.grpc, String(chunkBytes)),
    received: workspace.makeFolder('received'),
  };
}

/** Fails where the bytes are not those that were sent; then removes the file, so that no run pays for writing another one's back. */
export async function expectSame(file: string, hash: string): Promise<void> {
  if (await sha256(file) !== hash) throw new Error(`${file} is not what was sent`);
  rmSync(file);
}

/** Runs product and peers in turn and reports speed and peak memory. `product` runs one transfer; `peer` gives arguments of peers/main.ts. */
export async function compareTransfer(
  context: Context, what: string, setup: TransferSetup,
  product: () => Promise<{ readonly ms: number; readonly peakMb: number }>, peer: (kind: 'http' | 'grpc') => { readonly args: readonly string[]; readonly remove: string },
): Promise<void> {
  let clientPeak = 0;
  const asPeer = (kind: 'http' | 'grpc'): Run => async () => {
    const { args, remove } = peer(kind);
    const { ms } = await runProgram(process.execPath, peerArguments(...args));
    rmSync(remove);
    return ms;
  };
  const peers: Peer[] = [
    { name: 'a plain HTTP body', goal: httpGoal, run: asPeer('http') },
    { name: `bare grpc-js, ${chunkBytes / 1024} KiB messages`, goal: grpcGoal, run: asPeer('grpc') },
  ];
  await context.compare({
    what, of: 'speed', pairs: 5, warmUp: false, peers,
    product: async () => {
      const { ms, peakMb } = await product();
      clientPeak = Math.max(clientPeak, peakMb);
      return ms;
    },
  });
  if (clientPeak > 0) context.memory(`${what}, peak memory of clara`, clientPeak, memoryGoal);
  const serverPeak = peakMemory(setup.platform.pid);
  if (serverPeak !== undefined) context.memory(`${what}, peak memory of the platform`, serverPeak, memoryGoal);
  else context.leaveOut('peak memory', 'this system does not tell it');
}
