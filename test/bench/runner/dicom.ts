import { type ChildProcess } from 'node:child_process';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFileHeader } from '../../../src/dicom/part10/header.ts';
import { explicitLittleEndian } from '../../../src/dicom/uids/well-known.ts';
import { Clara } from './programs.ts';
import { freePorts, type Workspace } from './workspace.ts';

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
let instances = 0;

/** Writes DICOM files with so many bytes of pixel data each, new instances every time; those of an earlier call are overwritten. */
export function makeInstances(folder: string, count: number, bytes: number): void {
  for (let index = 0; index < count; index += 1) {
    instances += 1;
    const sopInstance = `2.25.1${String(instances).padStart(8, '0')}`;
    writeFileSync(join(folder, `${index}.dcm`), Buffer.concat([
      encodeFileHeader({ sopClass: ctImageStorage, sopInstance, transferSyntax: explicitLittleEndian }),
      element(0x0008, 0x0016, 'UI', Buffer.from(ctImageStorage)), element(0x0008, 0x0018, 'UI', Buffer.from(sopInstance)),
      element(0x0010, 0x0020, 'LO', Buffer.from('P1')), element(0x0020, 0x000d, 'UI', Buffer.from('2.25.1')), element(0x0020, 0x000e, 'UI', Buffer.from('2.25.2')),
      element(0x7fe0, 0x0010, 'OB', Buffer.alloc(bytes, index)),
    ]));
  }
}

/** In explicit VR little endian (PS3.5 7.1.2). */
function element(group: number, number: number, vr: string, value: Buffer): Buffer {
  const padded = value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.alloc(1)]);
  const header = Buffer.alloc(vr === 'OB' ? 12 : 8);
  header.writeUInt16LE(group, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4);
  if (vr === 'OB') header.writeUInt32LE(padded.length, 8);
  else header.writeUInt16LE(padded.length, 6);
  return Buffer.concat([header, padded]);
}

/** What makes a receiver comparable: where it is, and how to count and forget what it has got. */
export interface DicomReceiver {
  readonly port: number;
  readonly pid: number;
  /** How many instances it has got since the last `clear`. */
  count(): Promise<number>;
  /** Empties their files, so that no disk fills. */
  clear(): Promise<void>;
}

/** Senders call it so. */
export const calledAe = 'CLARA';

/** Our adapter, with an AE title that takes everything. Its platform is nowhere, so that what it gets stays in its inbox. */
export function startAdapter(workspace: Workspace, { sync }: { readonly sync: boolean }): Promise<DicomReceiver> {
  return startReceivingAdapter(new Clara(workspace, '127.0.0.1:1'), workspace, {
    quietSeconds: 86400, pipelineId: '0'.repeat(32), settings: `storage: { sync: ${sync}, watermark-percent: 100, reserve-space-gb: 0 }`,
  });
}

export interface ReceivingOptions {
  /** Seconds until a group is complete. */
  readonly quietSeconds: number;
  readonly pipelineId: string;
  /** More of the settings file. */
  readonly settings: string;
}

/** Our adapter, for the platform of a command line. */
export async function startReceivingAdapter(clara: Clara, workspace: Workspace, { quietSeconds, pipelineId, settings }: ReceivingOptions): Promise<DicomReceiver> {
  const file = join(workspace.makeFolder('settings'), 'dicom-server-config.yaml');
  writeFileSync(file, `dicom: { scp: { reject-unknown-sources: false, ae-titles: [{ ae-title: ${calledAe}, timeout: ${quietSeconds} }] } }
pipeline-mappings: [{ name: bench, clara-ae-title: ${calledAe}, pipeline-id: ${pipelineId} }]
${settings}
`);
  workspace.onClose(() => clara.run('dicom', 'stop').then(() => undefined, () => undefined));
  const { stdout } = await clara.run('dicom', 'start', '-f', file, '--port', '0', '--rest-port', '0', '-o', 'json');
  const { dicom, pid } = JSON.parse(stdout) as { readonly dicom: string; readonly pid: number };
  return { port: Number(dicom.split(':').at(-1)), pid, ...filesIn(join(clara.env.CLARA_HOME!, 'dicom', 'instances'), /\.dcm$/) };
}

/** storescp, which stores bit for bit. */
export async function startStorescp(workspace: Workspace): Promise<DicomReceiver> {
  const [folder, [port]] = [workspace.makeFolder('storescp'), await freePorts(1)];
  const child = workspace.start('storescp', ['--bit-preserving', '-od', folder, String(port)], { stdio: 'ignore', env: { ...process.env, TCP_NODELAY: '1' } });
  await untilOpen(port!, child, 'storescp');
  return { port: port!, pid: child.pid!, ...filesIn(folder, /^/) };
}

/** Orthanc, with the settings that it comes with. */
export async function startOrthanc(workspace: Workspace): Promise<DicomReceiver> {
  const [folder, [http, port]] = [workspace.makeFolder('orthanc'), await freePorts(2)];
  const settings = join(folder, 'orthanc.json');
  writeFileSync(settings, JSON.stringify({
    StorageDirectory: folder, IndexDirectory: folder, HttpPort: http, DicomPort: port, DicomCheckCalledAet: false, RemoteAccessAllowed: false, AuthenticationEnabled: false, Plugins: [],
  }));
  const child = workspace.start('Orthanc', [settings], { stdio: 'ignore' });
  await untilOpen(port!, child, 'Orthanc');
  const countAll = async () => ((await (await fetch(`http://127.0.0.1:${http}/statistics`)).json()) as { readonly CountInstances: number }).CountInstances;
  const files = filesIn(folder, /\/[0-9a-f]{8}-[0-9a-f-]{27}$/);
  let cleared = 0;
  return {
    port: port!, pid: child.pid!,
    count: async () => await countAll() - cleared,
    clear: async () => {
      cleared = await countAll();
      await files.clear();
    },
  };
}

/**
 * Files are emptied, not removed: ext4 passes over inodes that were in use minutes ago, one by one, so that whoever creates
 * files would pay, twenty times the usual, for those that were removed before its turn.
 */
function filesIn(folder: string, names: RegExp): Pick<DicomReceiver, 'count' | 'clear'> {
  const cleared = new Set<string>();
  const fresh = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => names.test(name) && !cleared.has(name));
  return {
    count: async () => fresh().length,
    clear: async () => {
      for (const name of fresh()) {
        truncateSync(join(folder, name));
        cleared.add(name);
      }
    },
  };
}

async function untilOpen(port: number, child: ChildProcess, name: string): Promise<void> {
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port });
    const isOpen = await new Promise((resolve) => { socket.once('connect', () => resolve(true)).once('error', () => resolve(false)); });
    socket.destroy();
    if (isOpen) return;
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    await sleep(20);
  }
}
