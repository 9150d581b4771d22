import { join, resolve } from 'node:path';
import { programPath, userPluginFolder } from '../../../config/settings.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Context } from '../../../terminal/context.ts';
import { confirm } from '../../../terminal/output/confirm.ts';
import { wordsOf } from '../../plugins/find.ts';
import { interpreterProblem } from '../../plugins/interpreter.ts';
import { checkPluginFile } from '../../plugins/names.ts';
import { findSource } from '../../plugins/source.ts';
import { PluginStore } from '../../plugins/store.ts';

/** Prints the paths of what is installed. */
export async function installPlugins({ io, signal, packageRoot }: Context, { yes }: { readonly yes: boolean }, [word = '']: readonly string[]): Promise<void> {
  const store = new PluginStore(userPluginFolder());
  const source = await findSource(word);
  if (source.kind === 'program' && resolve(source.path, '..') === store.folder) throw new ClaraError('usage', `${word} is installed already`);
  const progress = await io.progress(source.kind === 'package' ? `npm installs ${word}` : `installing ${word}`);
  let prepared;
  try {
    prepared = await store.prepare(source, signal);
  } finally {
    progress.stop();
  }
  const { fileNames, commit, discard } = prepared;
  try {
    for (const fileName of fileNames) checkPluginFile(fileName, packageRoot);
    const there = await store.installed(fileNames);
    if (there.length > 0 && !yes && !await confirm(io, `Replace ${there.map((name) => join(store.folder, name)).join(', ')}?`, '-y', signal)) {
      throw new ClaraError('failed', 'nothing was changed: it is installed already');
    }
    await commit();
  } finally {
    await discard();
  }
  const paths = fileNames.map((fileName) => join(store.folder, fileName));
  await io.lines(paths);
  for (const path of paths) {
    const problem = interpreterProblem(path, programPath());
    if (problem !== undefined) io.warn(`${path} cannot be run: ${problem}`);
  }
  io.note(`next: ${fileNames.map((fileName) => `\`clara ${wordsOf(fileName)!.join(' ')}\``).join(', ')}`);
}
