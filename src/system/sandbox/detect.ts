import { spawn } from 'node:child_process';
import { findProgram } from '../programs.ts';
import { unshareTrial, type UnshareSandbox } from './unshare.ts';

/** How this machine can give a program a file system of its own. */
export type Sandbox =
  | { readonly kind: 'bwrap'; readonly program: string }
  | ({ readonly kind: 'unshare' } & UnshareSandbox)
  | { readonly kind: 'none'; readonly reason: string };

/** Finds out by trying; a few milliseconds. */
export async function detectSandbox(path: string): Promise<Sandbox> {
  const bwrap = await tryBwrap(path);
  if (typeof bwrap !== 'string') return bwrap;
  const unshare = await tryUnshare(path);
  return typeof unshare === 'string' ? { kind: 'none', reason: `${bwrap}; ${unshare}` } : unshare;
}

async function tryBwrap(path: string): Promise<Sandbox | string> {
  const program = findProgram('bwrap', path);
  if (program === undefined) return 'bubblewrap (bwrap) is not installed';
  const refused = await tryOut([program, '--unshare-pid', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--json-status-fd', '1', '--', '/bin/true']);
  return refused === undefined ? { kind: 'bwrap', program } : `bubblewrap does not work here (${refused})`;
}

async function tryUnshare(path: string): Promise<Sandbox | string> {
  const everywhere = `${path}:/usr/sbin:/usr/bin:/sbin:/bin`;
  const [unshare, setpriv, pivotRoot] = ['unshare', 'setpriv', 'pivot_root'].map((name) => findProgram(name, everywhere));
  if (unshare === undefined || setpriv === undefined || pivotRoot === undefined) return 'util-linux (unshare, setpriv, pivot_root) is not installed';
  const sandbox: UnshareSandbox = { unshare, setpriv, userNamespace: process.getuid?.() !== 0 };
  const refused = await tryOut(unshareTrial(sandbox));
  return refused === undefined ? { kind: 'unshare', ...sandbox } : `unshare does not work here (${refused})`;
}

/** A trial fails by chance where something is unmounted on this machine in the same moment. */
const mostTrials = 3;

/** Why the program fails; undefined where it does not. */
async function tryOut(command: readonly string[]): Promise<string | undefined> {
  let refused: string | undefined;
  for (let trial = 0; trial < mostTrials; trial += 1) {
    refused = await runOnce(command);
    if (refused === undefined) return undefined;
  }
  return refused;
}

/** Why the program failed; undefined where it did not. */
function runOnce([program, ...args]: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000, env: {} });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < 2000) stderr += text;
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : (stderr.trim().split('\n')[0] ?? '') || `it ended with ${code}`));
  });
}
