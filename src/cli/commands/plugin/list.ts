import { dirname } from 'node:path';
import { programPath } from '../../../config/settings.ts';
import { type Context } from '../../../terminal/context.ts';
import { builtInNames } from '../../built-in-names.ts';
import { describeProblem, surveyPlugins, type PluginFile } from '../../plugins/catalog.ts';
import { isProgram } from '../../plugins/find.ts';
import { interpreterProblem } from '../../plugins/interpreter.ts';
import { bundledFolder, searchFolders } from '../../plugins/run.ts';
import { printList, type ListView, type PrintOptions } from '../../../terminal/print.ts';

export async function listPlugins({ io, packageRoot }: Context, options: PrintOptions): Promise<void> {
  const folders = searchFolders(packageRoot);
  const { files, unreadable } = surveyPlugins(folders, builtInNames);
  const bundled = bundledFolder(packageRoot);
  await printList(io, viewOf(bundled), files.map(withInterpreter), options);
  for (const { path, reason } of unreadable) io.warn(`the plugin folder ${path} cannot be read (${reason})`);
  if (folders.length === 0) io.note('CLARA_NO_PLUGINS is set: no plugin is looked for');
}

function withInterpreter(file: PluginFile): PluginFile {
  const reason = isProgram(file.path) ? interpreterProblem(file.path, programPath()) : undefined;
  return reason === undefined ? file : { ...file, problems: [...file.problems, { kind: 'interpreter', reason }] };
}

function viewOf(bundled: string): ListView<PluginFile> {
  return {
    kind: 'plugin',
    id: ({ name }) => name,
    data: ({ name, path, summary, problems }) => ({ name, path, bundled: dirname(path) === bundled, summary: summary ?? null, warnings: problems.map(describeProblem) }),
    columns: [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'PATH', value: ({ path }) => path },
      { title: 'SUMMARY', value: ({ summary }) => summary ?? '', wide: true },
      { title: 'WARNING', value: ({ problems }) => problems.map(describeProblem).join('; '), tone: ({ problems }) => (problems.length === 0 ? undefined : 'bad') },
    ],
  };
}
