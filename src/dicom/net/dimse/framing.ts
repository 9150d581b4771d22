import { invalid } from '../pdu/protocol-error.ts';
import { pduHeaderBytes, pduTypes } from '../pdu/types.ts';

/** Header of a P-DATA-TF and of the one presentation data value in it (PS3.8 9.3.5). */
export const frameHeaderBytes = pduHeaderBytes + 6;

/** How many bytes of a message fit into a P-DATA-TF for a peer that announced this maximum (PS3.8 D.1.1; 0 is no limit). */
export function payloadOf(maximumLength: number, ownLimit: number): number {
  const length = maximumLength === 0 ? ownLimit : Math.min(maximumLength, ownLimit);
  if (length < 8) throw invalid(`the peer takes PDUs of no more than ${maximumLength} bytes`);
  return length - 6;
}

/** Writes both headers at a place of a buffer; the payload follows there. */
export function writeFrameHeader(target: Buffer, at: number, contextId: number, payload: number, command: boolean, last: boolean): void {
  target[at] = pduTypes['P-DATA-TF'];
  target[at + 1] = 0;
  target.writeUInt32BE(payload + 6, at + 2);
  target.writeUInt32BE(payload + 2, at + 6);
  target[at + 10] = contextId;
  target[at + 11] = (command ? 1 : 0) | (last ? 2 : 0);
}

/** A command set as P-DATA-TF PDUs: one, unless the peer takes only short ones. */
export function frameCommand(contextId: number, command: Buffer, payload: number): Buffer {
  const count = Math.max(1, Math.ceil(command.length / payload));
  const framed = Buffer.allocUnsafe(command.length + count * frameHeaderBytes);
  for (let index = 0, at = 0; index < count; index += 1) {
    const piece = command.subarray(index * payload, (index + 1) * payload);
    writeFrameHeader(framed, at, contextId, piece.length, true, index === count - 1);
    piece.copy(framed, at + frameHeaderBytes);
    at += frameHeaderBytes + piece.length;
  }
  return framed;
}
