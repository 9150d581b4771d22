import { createReadStream, createWriteStream } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Keeps bodies of PUT requests in files of a folder and gives them back; nothing more. Resolves to its address. */
export function serveHttp(folder: string): Promise<string> {
  const server = createServer((incoming, response) => {
    const file = join(folder, basename(incoming.url ?? ''));
    const done = incoming.method === 'PUT' ? pipeline(incoming, createWriteStream(file)).then(() => response.end()) : pipeline(createReadStream(file), response);
    done.catch((thrown: unknown) => {
      console.error(thrown);
      response.destroy();
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as { port: number }).port}`)));
}

export async function sendHttp(address: string, file: string, name: string): Promise<void> {
  const outgoing = request(`${address}/${name}`, { method: 'PUT', agent: false });
  const answer = new Promise<IncomingMessage>((resolve, reject) => outgoing.once('response', resolve).once('error', reject));
  await pipeline(createReadStream(file), outgoing);
  const response = await answer;
  response.resume();
  if (response.statusCode !== 200) throw new Error(`HTTP status ${response.statusCode}`);
}

export async function getHttp(address: string, file: string, name: string): Promise<void> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${address}/${name}`, { agent: false }).once('response', resolve).once('error', reject).end();
  });
  await pipeline(response, createWriteStream(file));
}
