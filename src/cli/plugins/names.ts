import { readdirSync } from 'node:fs';
import { ClaraError } from '../../core/errors.ts';
import { nameProblem, quoted } from '../../core/names.ts';
import { builtInNames } from '../built-in-names.ts';
import { fileNameOf, prefix, wordsOf } from './find.ts';
import { bundledFolder } from './run.ts';

/** Fails where a plugin's file of this name would never be run: no name, a built-in's, that of a bundled plugin. */
export function checkPluginFile(fileName: string, packageRoot: string): void {
  const words = wordsOf(fileName);
  if (words === undefined || words.some((word) => nameProblem(word) !== undefined)) {
    throw new ClaraError('usage', `${quoted(fileName)} is no name of a plugin`, {
      hint: fileName.startsWith(prefix) ? 'letters, digits, "-" and "_" may follow `clara-`' : 'the name of a plugin begins with `clara-`: rename the file',
    });
  }
  const command = words.join(' ');
  if (builtInNames.includes(words[0]!)) {
    throw new ClaraError('usage', `a plugin ${fileName} would never be run: \`clara ${words[0]!}\` is built in`, { hint: 'choose another name' });
  }
  if (readdirSync(bundledFolder(packageRoot)).includes(fileName)) {
    throw new ClaraError('usage', `a plugin ${fileName} would never be run: \`clara ${command}\` comes with clara`, { hint: 'choose another name' });
  }
}

/** The file behind a name as a user gives it: the words that run the plugin, or the name of its file. */
export function pluginFileOf(words: readonly string[]): string {
  const [first = ''] = words;
  const fileName = words.length === 1 && first.startsWith(prefix) ? first : fileNameOf(words.flatMap((word) => word.split(' ')));
  if (wordsOf(fileName) === undefined || /[/\0]/.test(fileName)) throw new ClaraError('usage', `${quoted(words.join(' '))} is no name of a plugin`, { hint: '`clara plugin list` shows the names' });
  return fileName;
}
