/** What the generated code offers for one message type. */
interface GeneratedCodec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

const noData = Buffer.alloc(0);
const lengthDelimited = 2;

/**
 * Serialisation for messages that carry file content in one `bytes` field. The generated code copies the content three
 * times to write it and once to read it; this copies once to write and not at all to read: `data` of a decoded message
 * is a view of the received bytes. The other fields are left to the generated code, and so are the bytes on the wire.
 */
export function bulkCodec<Message extends { data: Buffer }>(generated: GeneratedCodec<Message>, dataField: number): {
  encode(message: Message): Buffer;
  decode(bytes: Buffer): Message;
} {
  const tag = (dataField << 3) | lengthDelimited;
  return {
    encode(message) {
      const { data } = message;
      const head = generated.encode({ ...message, data: noData }).finish();
      if (data.length === 0) return Buffer.from(head.buffer, head.byteOffset, head.length);
      const length = varintBytes(data.length);
      const bytes = Buffer.allocUnsafe(head.length + 1 + length.length + data.length);
      bytes.set(head);
      bytes[head.length] = tag;
      bytes.set(length, head.length + 1);
      bytes.set(data, head.length + 1 + length.length);
      return bytes;
    },
    decode(bytes) {
      const rest: Buffer[] = [];
      let data: Buffer = noData;
      let position = 0;
      while (position < bytes.length) {
        const field = readField(bytes, position);
        if (field.tag === tag) data = bytes.subarray(field.content, field.end);
        else rest.push(bytes.subarray(position, field.end));
        position = field.end;
      }
      const message = generated.decode(rest.length === 1 ? rest[0]! : Buffer.concat(rest));
      message.data = data;
      return message;
    },
  };
}

/** Where the field that starts at `start` has its content and its end. Fails on bytes that are no protobuf message. */
function readField(bytes: Buffer, start: number): { tag: number; content: number; end: number } {
  const [tag, content] = readVarint(bytes, start);
  switch (tag & 7) {
    case 0:
      return { tag, content, end: checked(bytes, readVarint(bytes, content)[1]) };
    case 1:
      return { tag, content, end: checked(bytes, content + 8) };
    case lengthDelimited: {
      const [length, from] = readVarint(bytes, content);
      return { tag, content: from, end: checked(bytes, from + length) };
    }
    case 5:
      return { tag, content, end: checked(bytes, content + 4) };
    default:
      throw new Error(`malformed message: wire type ${tag & 7}`);
  }
}

function checked(bytes: Buffer, end: number): number {
  if (end > bytes.length) throw new Error('malformed message: a field is longer than the message');
  return end;
}

/** A varint of at most ten bytes and the position behind it; beyond 2^53 the value is not exact, only its length is. */
export function readVarint(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, start + index + 1];
  }
  throw new Error('malformed message: a number does not end');
}

/** A number of up to 53 bits as a varint. */
export function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}
