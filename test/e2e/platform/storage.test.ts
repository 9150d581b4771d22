import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endpointOf, home } from './local.ts';

test('maxStorageUsagePercentage of values.yaml: above it uploads are refused with the figures; a restart takes up another', async () => {
  const it = home();
  const values = join(it.folder, 'charts/clara/values.yaml');
  mkdirSync(join(values, '..'), { recursive: true });
  const input = join(it.folder, 'input');
  writeFileSync(input, 'text');
  // Every disk is fuller than that.
  writeFileSync(values, 'maxStorageUsagePercentage: 1\n');
  const env = { CLARA_HOST: endpointOf(await it.platform(['start', '--port', '0'])) };
  const payload = (await it.clara(['create', 'payload', '-q'], { env })).stdout.trim();
  const refused = await it.clara(['upload', payload, input], { env });
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^error: "input" could not be stored: the platform's disk is \d+ % full \(.* free\), and maxStorageUsagePercentage allows 1 %\n[^]*hint: make room on the platform, /);
  writeFileSync(values, 'maxStorageUsagePercentage: 100\n');
  await it.platform(['restart']);
  expect(await it.clara(['upload', payload, input], { env })).toMatchObject({ exitCode: 0, stderr: '' });
});
