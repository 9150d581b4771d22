import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as models from '../../../src/api/generated/nvidia/clara/platform/models.ts';
import * as payloads from '../../../src/api/generated/nvidia/clara/platform/payloads.ts';
import { ModelsService, PayloadsService } from '../../../src/api/services.ts';

const header = { apiVersion: { major: 0, minor: 8, patch: 1, label: '' }, userAgent: 'clara' };
const details = { mode: 0o644, size: 2 ** 33, name: 'a/ü b.dcm' };
const model = { modelId: { value: 'ab' }, name: 'net', type: 1 as const, metadata: { k: 'v' } };
const sizes = [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152];

describe.each(sizes)('%i bytes of data', (size) => {
  const data = randomBytes(size);
  const upload: payloads.PayloadsUploadRequest = { header, payloadId: { value: 'f'.repeat(32) }, details, data };
  const download: payloads.PayloadsDownloadResponse = { header: { code: -0x3002, messages: ['x'] }, details, data };
  const cases = [
    ['upload', PayloadsService.upload.requestSerialize(upload), PayloadsService.upload.requestDeserialize, payloads.PayloadsUploadRequest, upload],
    ['download', PayloadsService.download.responseSerialize(download), PayloadsService.download.responseDeserialize, payloads.PayloadsDownloadResponse, download],
    ['model upload', ModelsService.uploadModel.requestSerialize({ header, details: model, data }), ModelsService.uploadModel.requestDeserialize, models.ModelsUploadModelRequest, { header, details: model, data }],
    ['model download', ModelsService.downloadModel.responseSerialize({ header: undefined, details: model, data }), ModelsService.downloadModel.responseDeserialize, models.ModelsDownloadModelResponse, { header: undefined, details: model, data }],
  ] as const;

  test.each(cases)('%s has the generated code\'s bytes and reads back', (_name, bytes, decode, generated, message) => {
    expect(bytes.equals(Buffer.from(generated.encode(message as never).finish()))).toBe(true);
    const decoded = decode(bytes);
    expect(decoded.data.equals(data)).toBe(true);
    expect({ ...decoded, data: 0 }).toEqual({ ...message, data: 0 });
  });
});

const { requestDeserialize: decode } = PayloadsService.upload;

test('data is a view of the received bytes', () => {
  const bytes = payloads.PayloadsUploadRequest.encode(payloads.PayloadsUploadRequest.fromPartial({ data: Buffer.from('abc') })).finish();
  expect(decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).data.buffer).toBe(bytes.buffer);
});

test.each([
  ['fields in another order', '2203616263' + '12040a026162' + '1a031a0178', { data: 'abc', id: 'ab', name: 'x' }],
  ['data twice: the last one counts', '220161' + '220162', { data: 'b', id: undefined, name: undefined }],
  ['unknown fields of every wire type', '5005' + '590102030405060708' + '5d01020304' + '62027a7a' + '220161', { data: 'a', id: undefined, name: undefined }],
  ['nothing', '', { data: '', id: undefined, name: undefined }],
])('%s', (_name, hex, expected) => {
  const message = decode(Buffer.from(hex, 'hex'));
  expect({ data: message.data.toString(), id: message.payloadId?.value, name: message.details?.name }).toEqual(expected);
});

test.each([
  ['a field longer than the message', '22ff01'],
  ['a number that does not end', 'ffffffffffffffffffffff'],
  ['a number cut off', '22'],
  ['an unknown wire type', '23'],
])('%s is refused', (_name, hex) => {
  expect(() => decode(Buffer.from(hex, 'hex'))).toThrow('malformed message');
});
