import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFileHeader } from '../../../src/dicom/part10/header.ts';
import { explicitLittleEndian } from '../../../src/dicom/uids/well-known.ts';
import { peerArguments } from './programs.ts';
import { type Workspace } from './workspace.ts';

export interface DicomReceiver {
  readonly port: number;
  readonly pid: number;
  /** Where it puts what it gets. */
  readonly folder: string;
}

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
let instances = 0;

/** Writes DICOM files with so many bytes of pixel data each. */
export function makeInstances(folder: string, count: number, bytes: number): void {
  for (let index = 0; index < count; index += 1) {
    instances += 1;
    const sopInstance = `2.25.1${String(instances).padStart(8, '0')}`;
    writeFileSync(join(folder, `${instances}.dcm`), Buffer.concat([
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

/** Our receiver, in a process of its own. */
export async function startDicomReceiver(workspace: Workspace): Promise<DicomReceiver> {
  const folder = workspace.makeFolder('received');
  const child = workspace.start(process.execPath, peerArguments('receive-dicom', folder), { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout as Readable, 'data') as [Buffer];
  return { port: Number(line.toString()), pid: child.pid!, folder };
}

/** storescp, which stores bit for bit. */
export async function startStorescp(workspace: Workspace): Promise<DicomReceiver> {
  const folder = workspace.makeFolder('storescp');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const child = workspace.start('storescp', ['--bit-preserving', '-od', folder, String(port)], { stdio: 'ignore', env: { ...process.env, TCP_NODELAY: '1' } });
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port });
    const isOpen = await new Promise((resolve) => { socket.once('connect', () => resolve(true)).once('error', () => resolve(false)); });
    socket.destroy();
    if (isOpen) return { port, pid: child.pid!, folder };
    if (child.exitCode !== null) throw new Error(`storescp ended with ${child.exitCode}`);
    await sleep(20);
  }
}
