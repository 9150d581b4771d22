import { spawn } from 'node:child_process';
import { findProgram } from '../programs.ts';

/** How this machine can give a program a file system of its own. */
export type Sandbox =
  | { readonly kind: 'bwrap'; readonly program: string }
  | { readonly kind: 'none'; readonly reason: string };

/** Finds out by trying; a few milliseconds. */
export async function detectSandbox(path: string): Promise<Sandbox> {
  const bwrap = findProgram('bwrap', path);
  if (bwrap === undefined) return { kind: 'none', reason: 'bubblewrap (bwrap) is not installed' };
  const refused = await tryOut(bwrap, ['--unshare-pid', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--', '/bin/true']);
  return refused === undefined ? { kind: 'bwrap', program: bwrap } : { kind: 'none', reason: `bubblewrap does not work here (${refused})` };
}

/** Why the program failed; undefined where it did not. */
function tryOut(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000, env: {} });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < 2000) stderr += text;
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : (stderr.trim().split('\n')[0] ?? '') || `it ended with ${code}`));
  });
}

