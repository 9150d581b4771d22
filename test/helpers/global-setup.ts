import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Tests run the built program: build it where it is missing (`npm test` builds first anyway). */
export function setup(): void {
  const root = join(import.meta.dirname, '../..');
  if (!existsSync(join(root, 'dist'))) execFileSync(process.execPath, ['.config/build.mjs'], { cwd: root, stdio: 'inherit' });
}
