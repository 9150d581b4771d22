import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { openAssociation, verificationContext } from '../../src/dicom/net/scu/open.ts';
import { type Bench, type Context } from './runner/bench.ts';
import { calledAe, makeInstances, startAdapter, startOrthanc, startStorescp, type DicomReceiver } from './runner/dicom.ts';
import { peakMemory, peerArguments, runProgram } from './runner/programs.ts';
import { isInstalled } from './runner/workspace.ts';

/** dcmtk waits 40 ms a message without it. */
const env = { TCP_NODELAY: '1' };

function hasDcmtk(context: Context): boolean {
  const installed = isInstalled('storescu') && isInstalled('storescp');
  if (!installed) context.leaveOut('dcmtk', 'it is not installed');
  return installed;
}

interface Load {
  readonly count: number;
  /** Of pixel data in an instance. */
  readonly bytes: number;
  readonly associations: number;
}

/** Milliseconds to send new instances, over one association for each of the folders; what arrived is counted. */
async function sendNew({ count, bytes }: Load, folders: readonly string[], to: DicomReceiver): Promise<number> {
  for (const folder of folders) makeInstances(folder, count / folders.length, bytes);
  const started = performance.now();
  await Promise.all(folders.map((folder) => runProgram('storescu', ['+sd', '-aec', calledAe, '127.0.0.1', String(to.port), folder], { env })));
  const ms = performance.now() - started;
  const arrived = await to.count();
  if (arrived !== count) throw new Error(`${arrived} of ${count} instances arrived`);
  await to.clear();
  return ms;
}

/** How fast instances arrive. */
export const receive: Bench = {
  name: 'receive',
  about: 'DICOM instances received by the adapter, against storescp and Orthanc; peak memory',
  async run(context) {
    if (!hasDcmtk(context)) return;
    const { workspace } = context;
    const [synced, unsynced, storescp] = [await startAdapter(workspace, { sync: true }), await startAdapter(workspace, { sync: false }), await startStorescp(workspace)];
    const orthanc = isInstalled('Orthanc') ? await startOrthanc(workspace) : undefined;
    if (orthanc === undefined) context.leaveOut('Orthanc', 'it is not installed');
    const loads: readonly (Load & { readonly what: string })[] = [
      { what: '1,000 × 39 kB', count: 1000, bytes: 38_000, associations: 1 }, { what: '1,000 × 39 kB, 8 associations', count: 1000, bytes: 38_000, associations: 8 },
      { what: '560 × 512 kB', count: 560, bytes: 512_000, associations: 1 }, { what: '2 × 98 MB', count: 2, bytes: 98_000_000, associations: 1 },
    ];
    for (const { what, ...load } of loads) {
      const folders = Array.from({ length: load.associations }, () => workspace.makeFolder('instances'));
      const run = (to: DicomReceiver) => () => sendNew(load, folders, to);
      if (orthanc !== undefined) await context.compare({ what, of: 'speed', pairs: 5, warmUp: true, product: run(synced), peers: [{ name: 'Orthanc', goal: { atLeast: 2.2 }, run: run(orthanc) }] });
      await context.compare({ what: `${what}, sync: false`, of: 'speed', pairs: 5, warmUp: true, product: run(unsynced), peers: [{ name: 'storescp', goal: { atLeast: 0.95 }, run: run(storescp) }] });
    }
    for (const { pid } of [synced, unsynced]) context.memory('adapter', peakMemory(pid) ?? Number.NaN, { atMost: 150 });
  },
};

/** How long a peer waits among many that say nothing. */
export const slowPeers: Bench = {
  name: 'slow-peers',
  about: 'C-ECHO with 1,000 silent connections and a transfer running, against 250 ms',
  async run(context) {
    const { workspace } = context;
    const { port } = await startAdapter(workspace, { sync: true });
    const source = workspace.makeFolder('instances');
    makeInstances(source, 40, 20_000_000);
    const silent: Socket[] = [];
    workspace.onClose(() => { for (const socket of silent) socket.destroy(); });
    for (let index = 0; index < 1000; index += 1) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => undefined);
      silent.push(socket);
      if (index % 50 === 49) await once(socket, 'connect');
    }
    let isSending = true;
    const sending = runProgram(process.execPath, peerArguments('send-dicom', String(port), source)).finally(() => { isSending = false; });
    const times: number[] = [];
    while (times.length < 100 || (isSending && times.length < 1000)) {
      const started = performance.now();
      const association = await openAssociation({ host: '127.0.0.1', port, calledAe, callingAe: 'BENCH', contexts: [verificationContext] });
      await association.echo();
      await association.release();
      times.push(performance.now() - started);
    }
    await sending;
    const worst = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1]!;
    context.ratio('C-ECHO, 99th of 100, 1,000 silent connections', '250 ms', worst / 250, { atMost: 1 });
  },
};

/** How fast instances leave. */
export const send: Bench = {
  name: 'send',
  about: '300 DICOM instances of 512 kB sent to storescp, against storescu',
  async run(context) {
    if (!hasDcmtk(context)) return;
    const { workspace } = context;
    const storescp = await startStorescp(workspace);
    const port = String(storescp.port);
    const source = workspace.makeFolder('instances');
    const timed = async (program: string, args: readonly string[]) => {
      makeInstances(source, 300, 512_000);
      const { ms } = await runProgram(program, args, { env });
      const arrived = await storescp.count();
      if (arrived !== 300) throw new Error(`${arrived} of 300 instances arrived`);
      await storescp.clear();
      return ms;
    };
    await context.compare({
      what: '300 × 512 kB', of: 'speed', pairs: 5, warmUp: true,
      product: () => timed(process.execPath, peerArguments('send-dicom', port, source)),
      peers: [{ name: 'storescu', goal: { atLeast: 0.9 }, run: () => timed('storescu', ['+sd', '127.0.0.1', port, source]) }],
    });
  },
};
