import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { nameProblem, quoted } from '../../core/names.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { type Context } from '../../terminal/context.ts';
import { fileNameOf, prefix } from '../plugins/find.ts';
import { checkPluginFile } from '../plugins/names.ts';

/** What the templates have in the place of names. */
type Values = Readonly<Record<string, string>>;

const begin = { pipeline: 'pipeline.yaml', operator: 'try.yaml' };

/** `clara init pipeline|operator NAME`: copies the templates into a new folder of that name. */
export function initFrom(kind: keyof typeof begin) {
  return async ({ io, packageRoot }: Context, _options: unknown, [name = '']: readonly string[]): Promise<void> => {
    const problem = nameProblem(name);
    if (problem !== undefined) throw new ClaraError('usage', `${quoted(name)} ${problem}, and cannot be the name of ${kind === 'operator' ? 'an operator' : 'a pipeline'}`);
    await io.lines(await copyTemplate(join(packageRoot, 'templates', 'init', kind), name, { NAME: name }));
    io.note(`next: \`clara run -p ${join(name, begin[kind])} -f INPUT -o out/\``);
  };
}

/** `clara init plugin NAME`: the same, the plugin's file being named for what the user types. */
export async function initPlugin({ io, packageRoot }: Context, { language }: { readonly language: 'bash' | 'typescript' | undefined }, [name = '']: readonly string[]): Promise<void> {
  if (name.startsWith(prefix)) throw new ClaraError('usage', `the name of a plugin is what is typed after \`clara\`: ${quoted(name.slice(prefix.length))}, not ${quoted(name)}`);
  const problem = nameProblem(name) ?? (name.startsWith('-') ? 'begins with a dash' : undefined);
  if (problem !== undefined) throw new ClaraError('usage', `${quoted(name)} ${problem}, and cannot be the name of a plugin`);
  const file = fileNameOf([name]);
  checkPluginFile(file, packageRoot);
  const template = join(packageRoot, 'templates', 'init', `plugin-${language ?? 'bash'}`);
  // Names of packages have no capitals.
  await io.lines(await copyTemplate(template, name, { FILE: file, COMMAND: name, PACKAGE: file.toLowerCase() }));
  io.note(language === 'typescript' ? `next: \`(cd ${name} && npm install) && clara plugin install ${name}/\`` : `next: \`clara plugin install ${join(name, file)}\``);
}

/** Copies a folder of templates into a new one, filling in `{{…}}`, and `NAME` at the start of a file's name; scripts become executable. Returns the paths. */
async function copyTemplate(source: string, folder: string, values: Values): Promise<string[]> {
  await makeFolder(folder);
  const files = (await readdir(source, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const made: string[] = [];
  for (const entry of files) {
    const template = join(entry.parentPath, entry.name);
    const path = join(folder, dirname(template).slice(source.length + 1), entry.name.replace(/^NAME\b/, values.FILE ?? 'NAME'));
    const text = (await readFile(template, 'utf8')).replace(/\{\{([A-Z]+)\}\}/g, (place, key: string) => values[key] ?? place);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, text);
    // What npm unpacks may have lost its mode.
    if (text.startsWith('#!')) await chmod(path, 0o755);
    made.push(path);
  }
  return made.sort();
}

/** A folder that is there already must be empty: nobody's files are written over. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length === 0) return;
  } catch (thrown) {
    throw new ClaraError('failed', `the folder ${folder} cannot be made (${systemCode(thrown) === 'EEXIST' || systemCode(thrown) === 'ENOTDIR' ? 'there is a file of that name' : messageOf(thrown)})`, { cause: thrown });
  }
  throw new ClaraError('usage', `the folder ${folder} is not empty`, { hint: 'choose another name, or remove what is in it' });
}
