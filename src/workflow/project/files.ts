import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Copies a folder of templates; `edit` may change the text of a file, whose path is relative. Scripts become executable. Returns the paths. */
export async function copyTemplates(source: string, target: string, edit: (path: string, text: string) => string): Promise<readonly string[]> {
  const files = (await readdir(source, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const made: string[] = [];
  for (const entry of files) {
    const template = join(entry.parentPath, entry.name);
    const path = relative(source, template);
    const text = edit(path, await readFile(template, 'utf8'));
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), text);
    // What npm unpacks may have lost its mode.
    if (text.startsWith('#!')) await chmod(join(target, path), 0o755);
    made.push(path);
  }
  return made.sort();
}
