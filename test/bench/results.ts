import { Agent, request } from 'node:http';
import { type Bench } from './runner/bench.ts';
import { startPeer, startPlatform } from './runner/programs.ts';

/** Exporters that ask at the same time, and what they ask for together in one run: half registrations, half claims. */
const pollers = 50;
const requests = 4000;

const registration = { pipelineId: '5a9ff26c13fb4fbb8ff8a2b46a5dcd0a', jobId: '0a12ef41e9d94a92a3e62e1be82151f7', payloadId: '85065833c5554080afd1328a99cfb762', parameters: '"MYPACS"', uris: ['/operators/dicom-writer/dicom/1.dcm'] };

/** How fast tasks go through the Results Service. */
export const results: Bench = {
  name: 'results',
  about: 'registering and claiming tasks with 50 pollers, against bare fastify and one SQLite insert',
  async run(context) {
    const { workspace } = context;
    const { results: address } = await startPlatform(workspace);
    const peer = await startPeer(workspace, 'serve-insert', workspace.makeFolder('insert'));
    if (address === undefined) throw new Error('the platform has no Results Service');
    await context.compare({
      what: `${requests / 2} tasks registered and claimed by ${pollers} pollers`, of: 'speed', pairs: 9, warmUp: true,
      product: () => timed(async (ask) => {
        const id = await ask(address, 'POST', '/api/tasks/register/bench', registration);
        const claimed = JSON.parse(await ask(address, 'GET', '/api/tasks/bench/pending?size=1')) as readonly unknown[];
        if (id.length !== 38 || claimed.length !== 1) throw new Error(`registered ${id}, claimed ${claimed.length} tasks`);
      }),
      peers: [{
        name: 'fastify and an insert', goal: { atLeast: 0.7 },
        run: () => timed(async (ask) => {
          for (let insert = 0; insert < 2; insert += 1) await ask(peer, 'POST', '/tasks', registration);
        }),
      }],
    });
  },
};

type Ask = (address: string, method: string, path: string, body?: object) => Promise<string>;

/** Milliseconds until all pollers together have done their work so often. `work` sends two requests. */
async function timed(work: (ask: Ask) => Promise<void>): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: pollers });
  let left = requests / 2;
  const started = performance.now();
  await Promise.all(Array.from({ length: pollers }, async () => {
    while (left > 0) {
      left -= 1;
      await work((address, method, path, body) => send(agent, address, method, path, body));
    }
  }));
  const ms = performance.now() - started;
  agent.destroy();
  return ms;
}

function send(agent: Agent, address: string, method: string, path: string, body?: object): Promise<string> {
  const [host, port] = address.split(':');
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    request({ agent, host, port, method, path, headers: text === undefined ? {} : { 'content-type': 'application/json', 'content-length': text.length } }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (piece: string) => { answer += piece; }).once('end', () => {
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(`HTTP status ${response.statusCode}: ${answer}`));
      });
    }).once('error', reject).end(text);
  });
}
