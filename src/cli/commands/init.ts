import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { nameProblem, quoted } from '../../core/names.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { type Context } from '../context.ts';

/** What the templates have in the place of the name. */
const namePlace = /\{\{NAME\}\}/g;

const begin = { pipeline: 'pipeline.yaml', operator: 'try.yaml' };

/** `clara init pipeline|operator NAME`: copies the templates into a new folder of that name. */
export function initFrom(kind: keyof typeof begin) {
  return async ({ io, packageRoot }: Context, _options: unknown, [name = '']: readonly string[]): Promise<void> => {
    const problem = nameProblem(name);
    if (problem !== undefined) throw new ClaraError('usage', `${quoted(name)} ${problem}, and cannot be the name of ${kind === 'operator' ? 'an operator' : 'a pipeline'}`);
    const source = join(packageRoot, 'templates', 'init', kind);
    await makeFolder(name);
    const files = (await readdir(source, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const made: string[] = [];
    for (const entry of files) {
      const template = join(entry.parentPath, entry.name);
      const path = join(name, template.slice(source.length + 1));
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomically(path, (await readFile(template, 'utf8')).replace(namePlace, name));
      made.push(path);
    }
    await io.lines(made.sort());
    io.note(`next: \`clara run -p ${join(name, begin[kind])} -f INPUT -o out/\``);
  };
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
