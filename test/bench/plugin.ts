import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Bench } from './runner/bench.ts';
import { Clara, root, runProgram } from './runner/programs.ts';

/** What `clara` adds to a plugin. */
export const plugin: Bench = {
  name: 'plugin',
  about: 'a plugin by way of clara against its file run directly',
  async run(context) {
    const folder = context.workspace.makeFolder('plugins');
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o755 });
      return join(folder, name);
    };
    const script = write('clara-hello', '#!/usr/bin/env node\nconsole.log(\'hello, world\');\n');
    const shell = write('clara-greet', '#!/bin/sh\necho hello, world\n');
    // Both ways find this Node.js.
    const env = { ...new Clara(context.workspace).env, PATH: [dirname(process.execPath), folder, process.env.PATH].join(delimiter) };
    const time = (program: string, ...args: readonly string[]) => async () => (await runProgram(program, args, { env })).ms;
    const clara = join(root, 'bin/clara');
    const starter = 'require("node:child_process").spawn(process.argv[1], { stdio: "inherit" })';
    for (const [what, product, peer, direct] of [
      ['clara hello, for Node.js', time(clara, 'hello'), 'the file', time(script)],
      ['clara platform --help', time(clara, 'platform', '--help'), 'the file', time(join(root, 'plugins/clara-platform'), '--help')],
      ['clara greet, for the shell', time(clara, 'greet'), 'node -e, starting the file', time(process.execPath, '-e', starter, shell)],
    ] as const) {
      await context.compare({ what, of: 'time', pairs: 25, warmUp: true, product, peers: [{ name: peer, goal: { atMost: 1.15 }, run: direct }] });
    }
  },
};
