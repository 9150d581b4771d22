import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../../src/api/client.ts';
import { ClaraService } from '../../src/api/services.ts';
import { type Bench } from './runner/bench.ts';
import { Clara } from './runner/programs.ts';
import { endProcess, freePorts, isInstalled, type Workspace } from './runner/workspace.ts';

/** How long a platform takes until it can be worked with. */
export const ready: Bench = {
  name: 'ready',
  about: 'clara platform start until it answers, against the start of Orthanc',
  async run(context) {
    const { workspace } = context;
    if (!isInstalled('Orthanc')) {
      context.leaveOut('Orthanc', 'it is not installed');
      return;
    }
    const clara = new Clara(workspace);
    workspace.onClose(() => clara.run('platform', 'stop', '-y').then(() => undefined, () => undefined));
    await context.compare({
      what: 'clara platform start', of: 'time', pairs: 9, warmUp: true,
      product: () => startClara(clara),
      peers: [{ name: 'Orthanc', goal: { atMost: 3 }, run: () => startOrthanc(workspace) }],
    });
  },
};

async function startClara(clara: Clara): Promise<number> {
  const started = performance.now();
  const { stdout } = await clara.run('platform', 'start', '--port', '0', '-y', '-o', 'json');
  const { endpoint } = JSON.parse(stdout) as { endpoint: string };
  const connection = new Connection({ target: endpoint });
  try {
    await connection.service(ClaraService).version({});
    return performance.now() - started;
  } finally {
    connection.close();
    await clara.run('platform', 'stop', '-y');
  }
}

async function startOrthanc(workspace: Workspace): Promise<number> {
  const folder = workspace.makeFolder('orthanc');
  const [http, dicom] = await freePorts(2);
  const settings = join(folder, 'orthanc.json');
  writeFileSync(settings, JSON.stringify({
    StorageDirectory: folder, IndexDirectory: folder, HttpPort: http, DicomPort: dicom, RemoteAccessAllowed: false, AuthenticationEnabled: false, Plugins: [],
  }));
  const started = performance.now();
  const child = workspace.start('Orthanc', [settings], { stdio: 'ignore' });
  try {
    while (!await answers(`http://127.0.0.1:${http}/system`)) {
      if (child.exitCode !== null) throw new Error(`Orthanc ended with ${child.exitCode}`);
      await sleep(2);
    }
    return performance.now() - started;
  } finally {
    await endProcess(child);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
