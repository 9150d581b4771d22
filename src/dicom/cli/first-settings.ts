import { join } from 'node:path';
import { installTree } from '../../actions/installed-tree/install.ts';
import { readIfThere, readTree } from '../../actions/installed-tree/read-tree.ts';
import { messageOf } from '../../core/errors.ts';
import { type Context } from '../../terminal/context.ts';
import { usualSettingsFiles } from '../settings/usual-files.ts';

/** Lays a settings file to edit where there is none, as `clara pull dicom` does, and says so. */
export async function layFirstSettings(context: Context): Promise<void> {
  const { home } = await context.settings();
  const { yaml, json } = usualSettingsFiles(home);
  try {
    if (await readIfThere(yaml) !== undefined || await readIfThere(json) !== undefined) return;
    const folder = ['charts', 'dicom-adapter'] as const;
    await installTree(await readTree(join(context.packageRoot, 'templates', ...folder)), join(home, ...folder), join(home, '.pulled', ...folder));
    context.io.note(`settings to edit are in ${yaml}`);
  } catch (thrown) {
    // It starts without, too.
    context.io.warn(`there is no settings file, and none could be made (${messageOf(thrown)})`);
  }
}
