/**
 * The peers of the transfers and of the queue, and DICOM, a process each like the product's: `serve-http`, `serve-grpc FOLDER CHUNK`,
 * `serve-insert FOLDER` (print where they listen), `send-dicom PORT FOLDER`, and the clients
 * `send-http|send-grpc ADDRESS FILE NAME CHUNK`, `get-http|get-grpc ADDRESS FILE NAME CHUNK`.
 */
import { sendDicom } from './dicom.ts';
import { getGrpc, sendGrpc, serveGrpc } from './grpc.ts';
import { serveInsert } from './insert.ts';
import { getHttp, sendHttp, serveHttp } from './http.ts';

const [role, first = '', file = '', name = '', chunk = ''] = process.argv.slice(2);

switch (role) {
  case 'serve-http':
    console.log(await serveHttp(first));
    break;
  case 'serve-grpc':
    console.log(await serveGrpc(first, Number(file)));
    break;
  case 'serve-insert':
    console.log(await serveInsert(first));
    break;
  case 'send-http':
    await sendHttp(first, file, name);
    break;
  case 'get-http':
    await getHttp(first, file, name);
    break;
  case 'send-grpc':
    await sendGrpc(first, file, name, Number(chunk));
    break;
  case 'get-grpc':
    await getGrpc(first, file, name);
    break;
  case 'send-dicom':
    await sendDicom(Number(first), file);
    break;
  default:
    throw new Error(`no peer ${role}`);
}
