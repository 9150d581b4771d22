import { foldName, quoted } from './names.ts';

/** Key/value pairs that clients attach to jobs, pipelines, models and reusable payloads (Clara guide, Metadata). */
export type Metadata = Readonly<Record<string, string>>;

export const metadataLimits = {
  /** Bytes of UTF-8. */
  keyBytes: 128,
  valueBytes: 256,
  /** All keys and values of one object together: 4 MB. */
  setBytes: 4_000_000,
  /** The encoded set must fit in one message of the 4 MiB that every gRPC client takes, with room for what is beside it. */
  encodedBytes: 4 * 1024 * 1024 - 16 * 1024,
} as const;

export type MetadataFault =
  | { readonly kind: 'too-large'; readonly message: string }
  | { readonly kind: 'duplicate'; readonly message: string }
  | { readonly kind: 'empty-key'; readonly message: string };

/**
 * What forbids adding these pairs to the set that is there, or undefined where nothing does. Adding is all or nothing:
 * one fault refuses every pair (Clara guide, Jobs Add Metadata RPC).
 */
export function faultOfAdding(existing: Metadata, added: Metadata): MetadataFault | undefined {
  const taken = new Set(Object.keys(existing).map(foldName));
  const fresh = new Set<string>();
  for (const [key, value] of Object.entries(added)) {
    if (key === '') return { kind: 'empty-key', message: 'a metadata key cannot be empty' };
    const tooLong = faultOfSize(key, value);
    if (tooLong !== undefined) return tooLong;
    const folded = foldName(key);
    if (taken.has(folded)) return { kind: 'duplicate', message: `the metadata key ${quoted(key)} exists already (case does not count)` };
    if (fresh.has(folded)) return { kind: 'duplicate', message: `the metadata key ${quoted(key)} is given twice (case does not count)` };
    fresh.add(folded);
  }
  return faultOfWholeSize([...Object.entries(existing), ...Object.entries(added)]);
}

function faultOfSize(key: string, value: string): MetadataFault | undefined {
  const { keyBytes, valueBytes } = metadataLimits;
  const [keyLength, valueLength] = [Buffer.byteLength(key), Buffer.byteLength(value)];
  if (keyLength > keyBytes) {
    return { kind: 'too-large', message: `the metadata key ${quoted(key, 40)} is ${keyLength} bytes long; ${keyBytes} are allowed` };
  }
  if (valueLength > valueBytes) {
    return { kind: 'too-large', message: `the value of the metadata key ${quoted(key)} is ${valueLength} bytes long; ${valueBytes} are allowed` };
  }
  return undefined;
}

function faultOfWholeSize(pairs: readonly (readonly [string, string])[]): MetadataFault | undefined {
  const { setBytes, encodedBytes } = metadataLimits;
  let bytes = 0;
  let encoded = 0;
  for (const [key, value] of pairs) {
    const [keyLength, valueLength] = [Buffer.byteLength(key), Buffer.byteLength(value)];
    bytes += keyLength + valueLength;
    // A map entry: its own tag and length (3 bytes from 128 on), then tag and length of key and of value.
    encoded += keyLength + valueLength + (keyLength > 127 ? 3 : 2) + (valueLength > 127 ? 3 : 2) + (keyLength + valueLength > 120 ? 3 : 2);
  }
  if (bytes <= setBytes && encoded <= encodedBytes) return undefined;
  return { kind: 'too-large', message: `the metadata would be ${Math.max(bytes, encoded)} bytes in all; ${setBytes} are allowed` };
}
