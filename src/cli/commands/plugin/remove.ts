import { dirname, join } from 'node:path';
import { userPluginFolder } from '../../../config/settings.ts';
import { ClaraError } from '../../../core/errors.ts';
import { nearest } from '../../../core/text/nearest.ts';
import { type Context } from '../../../terminal/context.ts';
import { surveyPlugins } from '../../plugins/catalog.ts';
import { wordsOf } from '../../plugins/find.ts';
import { pluginFileOf } from '../../plugins/names.ts';
import { bundledFolder, searchFolders } from '../../plugins/run.ts';
import { PluginStore } from '../../plugins/store.ts';

/** Prints the path of what was removed. */
export async function removePlugin({ io, packageRoot }: Context, _options: unknown, args: readonly string[]): Promise<void> {
  const fileName = pluginFileOf(args);
  const store = new PluginStore(userPluginFolder());
  if ((await store.installed([fileName])).length === 0) throw notInstalled(fileName, packageRoot, store.folder);
  await store.remove(fileName);
  await io.line(join(store.folder, fileName));
}

function notInstalled(fileName: string, packageRoot: string, folder: string): ClaraError {
  const { files } = surveyPlugins([...searchFolders(packageRoot), folder], []);
  const elsewhere = files.find(({ path }) => path.endsWith(`/${fileName}`));
  if (elsewhere !== undefined && dirname(elsewhere.path) === bundledFolder(packageRoot)) {
    return new ClaraError('usage', `\`clara ${elsewhere.name}\` comes with clara and cannot be removed`, { hint: 'CLARA_NO_PLUGINS=1 turns plugins off' });
  }
  if (elsewhere !== undefined) return new ClaraError('usage', `${elsewhere.path} was not installed by \`clara plugin install\``, { hint: `delete the file: \`rm ${elsewhere.path}\`` });
  const mine = files.filter(({ path }) => dirname(path) === folder).map(({ name }) => name);
  const near = nearest(wordsOf(fileName)!.join(' '), mine);
  return new ClaraError('not-found', `there is no plugin ${fileName} in ${folder}`, { hint: near === undefined ? '`clara plugin list` shows what there is' : `did you mean \`clara plugin remove ${near}\`?` });
}
