import { createConnection, createServer, type AddressInfo } from 'node:net';
import { get } from 'node:http';
import { systemCode } from '../../../core/errors.ts';
import { type Health } from './plan.ts';

/** Whether nobody on this machine listens on a port, at whatever address. */
export async function isFree(port: number): Promise<boolean> {
  return (await listen(port)) !== undefined;
}

/** Ports that nobody listens on, other than those that are promised already. */
export async function chooseFree(count: number, promised: ReadonlySet<number>): Promise<number[]> {
  const chosen: number[] = [];
  while (chosen.length < count) {
    const port = await listen(0);
    if (port !== undefined && !promised.has(port) && !chosen.includes(port)) chosen.push(port);
  }
  return chosen;
}

/** Listens for a moment; the port, or undefined where somebody else has it. */
function listen(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE' || systemCode(error) === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, exclusive: true }, () => {
      const found = (server.address() as AddressInfo).port;
      server.close(() => resolve(found));
    });
  });
}

/** Milliseconds for one attempt. */
const attemptMs = 2000;

/** Asks once whether a server answers. */
export function answers(host: string, port: number, health: Health): Promise<boolean> {
  return new Promise((resolve) => {
    if (health.kind === 'http') {
      const request = get({ host, port, path: health.path, timeout: attemptMs, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.once('timeout', () => request.destroy()).once('error', () => resolve(false)).once('close', () => resolve(false));
      return;
    }
    const socket = createConnection({ host, port, timeout: attemptMs });
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false)).once('timeout', () => settle(false));
  });
}
