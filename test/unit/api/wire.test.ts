import { describe, expect, test } from 'vitest';
import { RequestHeader, ResponseHeader, Timestamp } from '../../../src/api/generated/nvidia/clara/platform/common.ts';
import { JobsListRequest, JobsStartRequest } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import * as services from '../../../src/api/services.ts';
import { fromTimestamp, isoTime, toTimestamp } from '../../../src/core/time.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('golden byte strings of NVIDIA\'s generated classes (platform-api 1.3)', () => {
  test.each([
    ['Timestamp 2021-03-08T18:06:31Z', hex(Timestamp.encode({ value: 63750823591 }).finish()), '08cefac2fdda03'],
    ['Timestamp 2020-09-13T12:26:40Z', hex(Timestamp.encode({ value: 63735596800 }).finish()), '08809c80efda03'],
    ['ResponseHeader code -0x1001', hex(ResponseHeader.encode({ code: -0x1001, messages: ['x'] }).finish()), '088140120178'],
    ['ResponseHeader code 0', hex(ResponseHeader.encode({ code: 0, messages: [] }).finish()), ''],
    [
      'RequestHeader of the Python client',
      hex(RequestHeader.encode({ apiVersion: { major: 0, minor: 6, patch: 0, label: '' }, userAgent: 'Nvidia.Clara.Platform' }).finish()),
      '0a02100612154e76696469612e436c6172612e506c6174666f726d',
    ],
    [
      'JobFilter with packed enums',
      hex(JobsListRequest.fromPartial({ filter: { hasState: [1, 2], hasStatus: [1] } }).filter === undefined ? new Uint8Array()
        : JobsListRequest.encode(JobsListRequest.fromPartial({ filter: { hasState: [1, 2], hasStatus: [1] } })).finish().subarray(2)),
      '1a020102220101',
    ],
    [
      'JobsStartRequest with one variable',
      hex(JobsStartRequest.encode({ header: undefined, jobId: { value: 'ab' }, Variables: [{ name: 'n', value: 'v' }] }).finish()),
      '12040a0261621a060a016e120176',
    ],
  ])('%s', (_name, actual, expected) => {
    expect(actual).toBe(expected);
  });

  test('enums are read unpacked as well as packed', () => {
    const unpacked = Buffer.from('12081801180220012002', 'hex');
    expect(JobsListRequest.decode(unpacked).filter).toMatchObject({ hasState: [1, 2], hasStatus: [1, 2] });
  });
});

test('six services offer 43 methods under their documented paths', () => {
  const paths = Object.values(services).flatMap((service) => Object.values(service).map((method) => method.path));
  expect(Object.keys(services)).toHaveLength(6);
  expect(paths).toHaveLength(43);
  expect(new Set(paths).size).toBe(43);
  expect(paths).toContain('/nvidia.clara.platform.Jobs/ReadLogs');
  expect(paths).toContain('/nvidia.clara.platform.node_monitor.Monitor/GpuMetrics');
});

describe('timestamps count seconds from year 1', () => {
  test('the value that NVIDIA\'s tests pin', () => {
    expect(isoTime(fromTimestamp({ value: 63750823591 })!)).toBe('2021-03-08T18:06:31Z');
    expect(toTimestamp(Date.UTC(2021, 2, 8, 18, 6, 31, 999))).toEqual({ value: 63750823591 });
  });
  test('an absent time stays absent', () => {
    expect(toTimestamp(undefined)).toBeUndefined();
    expect(fromTimestamp(undefined)).toBeUndefined();
    expect(fromTimestamp({ value: 0 })).toBeUndefined();
  });
});
