import { describe, expect, test } from 'vitest';
import { withDefaults, type MethodShape } from '../../../src/api/contract.ts';
import * as services from '../../../src/api/services.ts';
import { asLast, isLast } from '../../../src/api/stream-end.ts';

const streams = Object.values(services).flatMap((service) => Object.values(service as Readonly<Record<string, MethodShape>>)).filter(({ requestStream }) => requestStream);

describe('the mark of the last message of a stream', () => {
  test('there are client streams', () => expect(streams.map(({ path }) => path.split('/').at(-1))).toEqual(expect.arrayContaining(['Upload', 'UploadModel', 'Create'])));

  test.each(streams.map((method) => [method.path, method] as const))('%s: readers skip it', (_path, method) => {
    const encoded = (method.requestSerialize as (value: unknown) => Buffer)(
      withDefaults(method.requestDeserialize, { header: { apiVersion: { major: 0, minor: 8, patch: 1, label: '' }, userAgent: 'test' } } as never),
    );
    const marked = asLast(encoded);
    expect([isLast(encoded), isLast(marked)]).toEqual([false, true]);
    expect(method.requestDeserialize(marked)).toEqual(method.requestDeserialize(encoded));
  });

  test('an empty message has none, and can have one', () => {
    expect([isLast(Buffer.alloc(0)), isLast(asLast(Buffer.alloc(0)))]).toEqual([false, true]);
  });
});
