import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/run.ts';
import { startServer } from '../../helpers/platform.ts';
import { against } from '../cli/helpers.ts';

const image = 'registry.invalid/clara-test/not-here:1.0';

function definition(): string {
  const file = join(tempDir(), 'image.yaml');
  writeFileSync(file, `api-version: 0.4.0\nname: image\noperators:\n- name: seg\n  container: {image: registry.invalid/clara-test/not-here, tag: "1.0"}\n`);
  return file;
}

test.skipIf(missing('docker'))('an image that is not on the machine is one clear error with the command that helps, and is not pulled', async () => {
  const { target } = await startServer();
  const run = against(target);
  const failed = await run(['run', '-p', definition()]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain(`error: the image ${image} of operator seg is not on this machine\n`);
  expect(failed.stderr).toContain(`hint: docker pull ${image}, or build it: docker build -t ${image} FOLDER`);
});

test('where docker is not installed, an operator with an image is refused at the start', async () => {
  const { target } = await startServer({ env: { PATH: tempDir() } });
  const run = against(target);
  const failed = await run(['run', '-p', definition()]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain('error: operator seg runs from an image, and docker is not installed\n');
  expect(failed.stderr).toContain('hint: install docker, or give the operator the image `host` to run its command on this machine');
});
