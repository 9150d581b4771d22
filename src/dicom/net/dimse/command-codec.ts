import { invalid } from '../pdu/protocol-error.ts';
import { type Command } from './commands.ts';

/** Elements of group 0000 (PS3.7 E.1). */
const elements = {
  groupLength: 0x0000, sopClass: 0x0002, field: 0x0100, messageId: 0x0110, respondedTo: 0x0120, priority: 0x0700, dataSetType: 0x0800,
  status: 0x0900, errorComment: 0x0902, sopInstance: 0x1000, moveOriginatorAe: 0x1030, moveOriginatorId: 0x1031,
} as const;

/** Command Data Set Type without a data set (PS3.7 E.1); any other number means that there is one. */
const noDataSet = 0x0101;

/** A command set, which is always in implicit VR little endian (PS3.7 6.3.1). Throws a ProtocolError for anything else. */
export function decodeCommand(bytes: Buffer): Command {
  const command: { -readonly [K in keyof Command]?: Command[K] } = { hasDataSet: false };
  let [originatorAe, originatorId]: [string | undefined, number] = [undefined, 0];
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 8) throw invalid('a command set ends in the middle of an element');
    const group = bytes.readUInt16LE(at);
    const element = bytes.readUInt16LE(at + 2);
    const length = bytes.readUInt32LE(at + 4);
    at += 8;
    if (group !== 0) throw invalid(`a command set has an element of group ${group.toString(16).padStart(4, '0')}`);
    if (length > bytes.length - at) throw invalid('a command set ends in the middle of a value');
    const from = at;
    at += length;
    switch (element) {
      case elements.field: command.field = number(bytes, from, length); break;
      case elements.messageId: command.messageId = number(bytes, from, length); break;
      case elements.respondedTo: command.respondedTo = number(bytes, from, length); break;
      case elements.priority: command.priority = number(bytes, from, length); break;
      case elements.dataSetType: command.hasDataSet = number(bytes, from, length) !== noDataSet; break;
      case elements.status: command.status = number(bytes, from, length); break;
      case elements.moveOriginatorId: originatorId = number(bytes, from, length); break;
      case elements.sopClass: command.sopClass = text(bytes, from, at); break;
      case elements.sopInstance: command.sopInstance = text(bytes, from, at); break;
      case elements.errorComment: command.errorComment = text(bytes, from, at); break;
      case elements.moveOriginatorAe: originatorAe = text(bytes, from, at); break;
      default: // Others are for operations that we do not have.
    }
  }
  const { field, hasDataSet } = command;
  if (field === undefined || hasDataSet === undefined) throw invalid('a command set has no Command Field');
  return { ...command, field, hasDataSet, ...(originatorAe !== undefined && { moveOriginator: { ae: originatorAe, messageId: originatorId } }) };
}

function number(bytes: Buffer, from: number, length: number): number {
  if (length !== 2) throw invalid(`a number of a command set has ${length} bytes, not 2`);
  return bytes.readUInt16LE(from);
}

/** Padding is a NUL after UIDs, spaces elsewhere (PS3.5 6.2); both are dropped. */
function text(bytes: Buffer, from: number, to: number): string {
  let end = to;
  while (end > from && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end -= 1;
  return bytes.toString('latin1', from, end);
}

/** With the group length first and the elements in ascending order (PS3.7 6.3.1). */
export function encodeCommand(command: Command): Buffer {
  const parts: (readonly [element: number, value: number | string, padding: string])[] = [];
  const add = (element: number, value: number | string | undefined, padding = ' ') => { if (value !== undefined) parts.push([element, value, padding]); };
  add(elements.sopClass, command.sopClass, '\0');
  add(elements.field, command.field);
  add(elements.messageId, command.messageId);
  add(elements.respondedTo, command.respondedTo);
  add(elements.priority, command.priority);
  add(elements.dataSetType, command.hasDataSet ? 0x0001 : noDataSet);
  add(elements.status, command.status);
  add(elements.errorComment, command.errorComment?.slice(0, 64));
  add(elements.sopInstance, command.sopInstance, '\0');
  add(elements.moveOriginatorAe, command.moveOriginator?.ae);
  add(elements.moveOriginatorId, command.moveOriginator?.messageId);
  const bodyBytes = parts.reduce((sum, [, value]) => sum + 8 + valueBytes(value), 0);
  const encoded = Buffer.alloc(12 + bodyBytes);
  encoded.writeUInt32LE(4, 4);
  encoded.writeUInt32LE(bodyBytes, 8);
  let at = 12;
  for (const [element, value, padding] of parts) {
    const length = valueBytes(value);
    encoded.writeUInt16LE(element, at + 2);
    encoded.writeUInt32LE(length, at + 4);
    if (typeof value === 'number') encoded.writeUInt16LE(value, at + 8);
    else encoded.write(value.length === length ? value : value + padding, at + 8, 'latin1');
    at += 8 + length;
  }
  return encoded;
}

/** Numbers are unsigned and short, text is padded to an even length. */
function valueBytes(value: number | string): number {
  return typeof value === 'number' ? 2 : value.length + (value.length % 2);
}
