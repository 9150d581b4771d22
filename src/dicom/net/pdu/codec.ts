import { decodeAssociateAccept, decodeAssociateRequest, encodeAssociateAccept, encodeAssociateRequest } from './associate.ts';
import { invalid } from './protocol-error.ts';
import { type Pdu, pduHeaderBytes, type PduName, pduTypes } from './types.ts';

/** The whole PDU with its header. */
export function encodePdu(pdu: Pdu): Buffer {
  const body = encodeBody(pdu);
  const header = Buffer.alloc(pduHeaderBytes);
  header[0] = pduTypes[pdu.type];
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function encodeBody(pdu: Pdu): Buffer {
  switch (pdu.type) {
    case 'A-ASSOCIATE-RQ':
      return encodeAssociateRequest(pdu);
    case 'A-ASSOCIATE-AC':
      return encodeAssociateAccept(pdu);
    case 'A-ASSOCIATE-RJ':
      return Buffer.of(0, pdu.result, pdu.source, pdu.reason);
    case 'A-RELEASE-RQ':
    case 'A-RELEASE-RP':
      return Buffer.alloc(4);
    case 'A-ABORT':
      return Buffer.of(0, 0, pdu.source, pdu.reason);
  }
}

/** A PDU from what follows its header. Throws a ProtocolError for anything that is not one. */
export function decodePdu(type: Exclude<PduName, 'P-DATA-TF'>, body: Buffer): Pdu {
  switch (type) {
    case 'A-ASSOCIATE-RQ':
      return decodeAssociateRequest(body);
    case 'A-ASSOCIATE-AC':
      return decodeAssociateAccept(body);
    case 'A-ASSOCIATE-RJ':
      checkLength(type, body);
      return { type, result: body[1]!, source: body[2]!, reason: body[3]! };
    case 'A-RELEASE-RQ':
    case 'A-RELEASE-RP':
      checkLength(type, body);
      return { type };
    case 'A-ABORT':
      checkLength(type, body);
      return { type, source: body[2]!, reason: body[3]! };
  }
}

/** PS3.8 9.3.4, 9.3.6 to 9.3.8: these have four bytes. */
function checkLength(type: PduName, body: Buffer): void {
  if (body.length !== 4) throw invalid(`the ${type} has ${body.length} bytes, not 4`);
}
