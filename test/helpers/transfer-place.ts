import { join } from 'node:path';
import { startServer, type TestServer } from './platform.ts';
import { clara, type RunOptions } from './run.ts';

/** A platform with one reusable payload, and the program that talks to it. */
export interface TransferPlace {
  readonly server: TestServer;
  readonly payload: string;
  /** The folder of the payload on the server's disk. */
  readonly stored: string;
  run(args: readonly string[], options?: RunOptions): ReturnType<typeof clara>;
}

export async function transferPlace(): Promise<TransferPlace> {
  const server = await startServer();
  const run = (args: readonly string[], options: RunOptions = {}) => clara(args, { ...options, env: { CLARA_HOST: server.target, ...options.env } });
  const payload = (await run(['create', 'payload', '-q'])).stdout.trim();
  return { server, payload, stored: join(server.home, 'payloads', payload), run };
}
