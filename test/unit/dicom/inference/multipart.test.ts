import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundaryOf, defaultMultipartLimits, MultipartReader, type MultipartLimits } from '../../../../src/dicom/inference/retrieve/multipart.ts';

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(message: Buffer | string, { size = 7, boundary = 'b', limits = defaultMultipartLimits }: { readonly size?: number; readonly boundary?: string; readonly limits?: MultipartLimits } = {}) {
  const reader = new MultipartReader(chunks(Buffer.from(message), size), boundary, limits);
  const parts: { headers: Record<string, string>; data: Buffer }[] = [];
  for (let part = await reader.next(); part !== undefined; part = await reader.next()) {
    const pieces: Buffer[] = [];
    for await (const piece of part.data) pieces.push(Buffer.from(piece));
    parts.push({ headers: Object.fromEntries(part.headers), data: Buffer.concat(pieces) });
  }
  return parts;
}

test.each([
  ['two parts', '--b\r\nContent-Type: a/b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n', [['a/b', 'one'], [undefined, 'two']]],
  ['none', '--b--', []],
  ['empty data', '--b\r\n\r\n\r\n--b--', [[undefined, '']]],
  ['a preamble, padding and an epilogue', 'hello\r\n--b  \t\r\nX: 1\r\n\r\ndata\r\n--b--\r\nwhatever --b', [[undefined, 'data']]],
  ['what looks like a boundary', '--b\r\n\r\n\r\n-\r\n--\r\n--a\n--b\r\n--b--', [[undefined, '\r\n-\r\n--\r\n--a\n--b']]],
  ['a repeated header', '--b\r\ncontent-type: 1\r\nCONTENT-TYPE: 2\r\n\r\n\r\n--b--', [['1', '']]],
])('%s', async (_, message, expected) => {
  for (const size of [1, 2, 7, 1000]) expect((await readAll(message, { size })).map(({ headers, data }) => [headers['content-type'], data.toString()])).toEqual(expected);
});

test('any data in pieces of any size is what it was', async () => {
  const near = fc.array(fc.constantFrom('\r', '\n', '-', 'b', '\r\n--', '\r\n--b', 'x')).map((letters) => Buffer.from(letters.join('').replaceAll('\r\n--b', '\r\n-b')));
  await fc.assert(fc.asyncProperty(fc.array(near, { maxLength: 4 }), fc.integer({ min: 1, max: 40 }), async (datas, size) => {
    const message = Buffer.concat([...datas.flatMap((data) => [Buffer.from('--boundary\r\n\r\n'), data, Buffer.from('\r\n')]), Buffer.from('--boundary--')]);
    expect((await readAll(message, { size, boundary: 'boundary' })).map(({ data }) => data.toString('latin1'))).toEqual(datas.map((data) => data.toString('latin1')));
  }), { numRuns: 200 });
});

test('a part that nobody read is passed over', async () => {
  const reader = new MultipartReader(chunks(Buffer.from('--b\r\nA: 1\r\n\r\none\r\n--b\r\nA: 2\r\n\r\ntwo\r\n--b--'), 3), 'b');
  await reader.next();
  expect((await reader.next())?.headers.get('a')).toBe('2');
  expect(await reader.next()).toBeUndefined();
  expect(await reader.next()).toBeUndefined();
});

test('what is left of a part that was given up is passed over', async () => {
  const reader = new MultipartReader(chunks(Buffer.from(`--b\r\n\r\n${'one'.repeat(50)}\r\n--b\r\nA: 2\r\n\r\ntwo\r\n--b--`), 5), 'b');
  for await (const piece of (await reader.next())!.data) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  expect((await reader.next())?.headers.get('a')).toBe('2');
  expect(await reader.next()).toBeUndefined();
});

const limits = { preambleBytes: 100, headerBytes: 200, parts: 3 };
test.each([
  ['truncated in the data', '--b\r\n\r\none', 'ends before its closing boundary'],
  ['truncated in a boundary', '--b\r\n\r\none\r\n--', 'ends before its closing boundary'],
  ['truncated in the headers', '--b\r\nA: 1\r\n', 'ends before its closing boundary'],
  ['truncated behind a boundary', '--b', 'ends before its closing boundary'],
  ['nothing at all', '', 'ends before its closing boundary'],
  ['another boundary', '--c\r\n\r\none\r\n--c--', 'ends before its closing boundary'],
  ['a longer boundary', '--bc\r\n\r\none\r\n--bc--', 'has something behind a boundary'],
  ['an endless preamble', 'x'.repeat(5000), 'has 100 bytes before its first part'],
  ['an endless header', `--b\r\nA: ${'x'.repeat(5000)}`, 'has a line of more than 200 bytes'],
  ['endless headers', `--b\r\n${'A: x\r\n'.repeat(5000)}`, 'has a part with more than 200 bytes of headers'],
  ['endless padding', `--b${' '.repeat(5000)}`, 'has a line of more than 200 bytes'],
  ['endless parts', '--b\r\n\r\n\r\n'.repeat(5000), 'has more than 3 parts'],
  ['a header without a name', '--b\r\nfolded\r\n\r\n\r\n--b--', 'has a header that has no name'],
])('refuses %s', async (name, message, why) => {
  await expect(readAll(message, { limits }), name).rejects.toThrow(why.replace('has a header that', 'has a part with a header that'));
});

test('keeps no more than a piece and a delimiter of a part without end', async () => {
  let sent = 0;
  const piece = Buffer.alloc(64 * 1024, 1);
  const reader = new MultipartReader((async function* () {
    yield Buffer.from('--b\r\n\r\n');
    for (; sent < 64 * 1024 * 1024; sent += piece.length) yield piece;
  })(), 'b');
  const part = await reader.next();
  let [got, most] = [0, 0];
  await expect((async () => {
    for await (const data of part!.data) {
      got += data.length;
      most = Math.max(most, sent + piece.length - got);
    }
  })()).rejects.toThrow('ends before');
  expect(most).toBeLessThanOrEqual(2 * piece.length);
});

test.each([
  ['multipart/related; type="application/dicom"; boundary=abc', 'abc'],
  ['Multipart/Related; Boundary="a b\\"c"; x=y', 'a b"c'],
  ['multipart/related;boundary=--x-1', '--x-1'],
  ['application/dicom', undefined],
])('%s has the boundary %s', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary);
});

test.each(['multipart/related', 'multipart/related; boundary=', 'multipart/related; boundary="a "', `multipart/related; boundary=${'x'.repeat(300)}`, 'multipart/related; boundary="a\rb"'])('%j has no usable boundary', (type) => {
  expect(() => boundaryOf(type)).toThrow('without a usable boundary');
});
