import { writeFileSync } from 'node:fs';
import { freePort, startPeer } from './dicom-net.ts';
import { tempDir } from './run.ts';

export interface Orthanc {
  /** Of its REST API, without a slash at the end. */
  readonly url: string;
  readonly dicomPort: number;
  /** What `GET` answers, as JSON. */
  get<Answer>(path: string): Promise<Answer>;
  /** POSTs JSON; the status is the caller's to check. */
  post(path: string, body: unknown): Promise<Response>;
  stop(): Promise<void>;
  /** After `stop`: with what it had stored, on the same ports. */
  start(): Promise<void>;
}

const dicomWebPlugin = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';

/** An Orthanc on free ports of this machine with an empty store, AE title ORTHANC and the DICOMweb plugin at /dicom-web/. It ends with the test. */
export async function startOrthanc(settings: Readonly<Record<string, unknown>> = {}): Promise<Orthanc> {
  const [folder, http, dicomPort] = [tempDir(), await freePort(), await freePort()];
  const file = `${folder}/orthanc.json`;
  writeFileSync(file, JSON.stringify({
    Name: 'test', StorageDirectory: folder, IndexDirectory: folder, HttpPort: http, DicomPort: dicomPort, DicomAet: 'ORTHANC', RemoteAccessAllowed: false, AuthenticationEnabled: false,
    Plugins: [dicomWebPlugin], DicomWeb: { Enable: true, Root: '/dicom-web/' }, ...settings,
  }));
  let peer = await startPeer('Orthanc', [file], http);
  const url = `http://127.0.0.1:${http}`;
  return {
    url, dicomPort,
    get: async <Answer>(path: string) => (await fetch(url + path)).json() as Promise<Answer>,
    post: (path, body) => fetch(url + path, { method: 'POST', body: JSON.stringify(body) }),
    stop: () => peer.stop(),
    start: async () => { peer = await startPeer('Orthanc', [file], http); },
  };
}
