/** Notices of the packages that end up inside dist/: their licences ask for it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Remembers the packages of every bundle that is built with its `plugin`, and writes their licences to one file. */
export function licences() {
  const folders = new Set();
  return {
    plugin: {
      name: 'licences',
      setup(setup) {
        setup.initialOptions.metafile = true;
        setup.onEnd(({ metafile }) => {
          for (const input of Object.keys(metafile?.inputs ?? {})) {
            const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
            if (folder !== undefined) folders.add(folder);
          }
        });
      },
    },
    /** Fails where a package names no licence at all. `further`: notices of what was copied and not bundled. */
    write(file, further) {
      const notices = [...[...folders].sort().map(notice), ...further];
      writeFileSync(file, `Packages inside this build, with their licences.\n\n${notices.join('\n\n')}\n`);
    },
  };
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (license === undefined) throw new Error(`${folder} names no licence`);
  const text = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  const rule = '='.repeat(78);
  return `${rule}\n${name} ${version} (${license})\n${rule}\n${text !== undefined && existsSync(join(folder, text)) ? readFileSync(join(folder, text), 'utf8').trim() : ''}`.trimEnd();
}
