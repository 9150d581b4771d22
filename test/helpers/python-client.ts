import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './run.ts';

/** Where a Python with NVIDIA's client may be; `.ci/run` makes the first. */
const candidates = [process.env.CLARA_TEST_PYTHON, join(root, 'out/python-client/bin/python'), '/usr/bin/python3'];

/** The first Python that loads NVIDIA's client, or undefined. */
export function pythonWithClient(): string | undefined {
  return candidates.find((python) => python !== undefined && python !== '' && spawnSync(python, ['-c', 'import nvidia_clara.jobs_client'], { stdio: 'ignore' }).status === 0);
}
