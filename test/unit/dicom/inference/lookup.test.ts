import { expect, test } from 'vitest';
import { lookupUnder } from '../../../../src/dicom/inference/retrieve/lookup.ts';
import { type HostRule } from '../../../../src/dicom/inference/request/host-rule.ts';

const find = (name: string, hosts: HostRule, all: boolean) => new Promise((resolve, reject) => lookupUnder(hosts)(name, { all }, (error, found) => (error ? reject(error) : resolve(found))));

test.each([
  ['127.0.0.1', undefined, '127.0.0.1'], ['169.254.1.1', undefined, undefined], ['fe80::1', undefined, undefined], ['169.254.1.1', ['somewhere'], '169.254.1.1'],
] as const)('%s under %j leads to %s', async (name, hosts, address) => {
  for (const all of [true, false]) {
    if (address === undefined) await expect(find(name, hosts, all)).rejects.toThrow('link-local');
    else expect(await find(name, hosts, all)).toEqual(all ? [{ address, family: 4 }] : address);
  }
});
