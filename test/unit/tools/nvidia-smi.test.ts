import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseGpus } from '../../../src/tools/nvidia-smi.ts';
import { root } from '../../helpers/run.ts';

const sample = readFileSync(join(root, 'test/fixtures/nvidia-smi/one-gpu.xml'), 'utf8').replace('@PID@', '4711');

test('one GPU, and two', () => {
  const gpu = {
    index: 0, bus: 0x3b, compute: 0.3, memory: 0.12, memoryFree: 6843, memoryUsed: 1270, bar1Free: 254, bar1Used: 2, processes: [1, 4711],
  };
  expect(parseGpus(sample)).toEqual([gpu]);
  const body = sample.slice(sample.indexOf('<gpu id'), sample.indexOf('</nvidia_smi_log>'));
  expect(parseGpus(`<nvidia_smi_log>${body}${body.replace('<pci_bus>3B', '<pci_bus>D8')}</nvidia_smi_log>`)).toEqual([gpu, { ...gpu, index: 1, bus: 0xd8 }]);
});

test('what a device does not tell is 0', () => {
  expect(parseGpus(sample.replace(/\d+ (MiB|%)/g, 'N/A').replace(/<processes>[\s\S]*<\/processes>/, '<processes/>'))).toEqual([
    { index: 0, bus: 0x3b, compute: 0, memory: 0, memoryFree: 0, memoryUsed: 0, bar1Free: 0, bar1Used: 0, processes: [] },
  ]);
});

test.each(['', 'No devices were found', '<nvidia_smi_log><attached_gpus>0</attached_gpus></nvidia_smi_log>'])('%j has none', (text) => {
  expect(parseGpus(text)).toEqual([]);
});
