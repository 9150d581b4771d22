import { dirname } from 'node:path';
import { stepOptions } from './bwrap.ts';
import { type HostFiles, type Step } from './layout.ts';

/**
 * What sandboxes that follow each other have in common: the host's folders and the devices, read-only, with an empty folder
 * wherever a sandbox has something of its own. It is built once, in a mount namespace of its own; each sandbox then takes
 * one mount for all of it. Bubblewrap goes through all mounts after each that it makes, and most of its time is that.
 */
export interface View {
  /** Runs a command where the view lies at `place`. */
  readonly command: readonly string[];
  /** An existing folder of the host. */
  readonly place: string;
  /** What is left for a sandbox, after the view and its own /tmp. */
  readonly own: readonly Step[];
}

/** Divides the steps of a sandbox; undefined where it has something of its own that is no folder: that cannot be made room for. */
export function viewOf(steps: readonly Step[], place: string, bwrap: string, host: HostFiles): View | undefined {
  const home = dirname(place);
  const around = surroundings(steps, place, [bwrap, '/bin', '/lib', '/usr']);
  if (around === undefined) return undefined;
  const own: Step[] = [];
  const shared: Step[] = [{ kind: 'empty', path: place }, { kind: 'folder', path: `${place}/tmp` }];
  for (const step of steps) {
    const path = `${place}${step.path}`;
    if (isOwn(step)) {
      own.push(step);
      if (step.kind === 'bind' && !(`${step.source}/`.startsWith(`${home}/`) && host.look(step.source)?.kind === 'folder')) return undefined;
      if (!isBelowTmp(step.path)) shared.push({ kind: 'folder', path });
    } else {
      shared.push({ ...step, path });
    }
    // Not what others may write to.
    if (step.kind === 'dev') own.push({ kind: 'empty', path: `${step.path}/shm` });
  }
  const options = [...shared.flatMap(stepOptions), ...closedFolders(steps).flatMap((path) => ['--remount-ro', `${place}${path === '/' ? '' : path}`])];
  return { command: [bwrap, ...around, ...options, '--'], place, own };
}

/**
 * Around the view there is little, because a sandbox begins as a copy of all mounts: the platform's home, where sandboxes find
 * what is their own; /proc of the host; and, for bubblewrap and shell, what is in the view. Undefined where the home is in the way.
 */
function surroundings(steps: readonly Step[], place: string, needed: readonly string[]): string[] | undefined {
  const home = dirname(place);
  const top = (path: string) => path.split('/')[1]!;
  if (needed.some((path) => top(path) === top(home))) return undefined;
  const names = new Set(steps.filter(({ kind }) => kind === 'bind' || kind === 'link').map(({ path }) => top(path)));
  const links = [...names].filter((name) => ![top(home), 'dev', 'proc', 'tmp'].includes(name)).flatMap((name) => ['--symlink', `${place}/${name}`, `/${name}`]);
  return ['--dev-bind', '/proc', '/proc', '--dev-bind', '/dev/null', '/dev/null', '--bind', home, home, ...links];
}

/** What a sandbox has of its own but nobody is to write to: its root, and what only covers something. */
export function closedFolders(steps: readonly Step[]): string[] {
  return [...steps.filter(({ kind, path }) => kind === 'dev' || (kind === 'empty' && !isBelowTmp(path))).map(({ path }) => path), '/'];
}

/** A folder of the host is shared; what lies below a sandbox's own /tmp cannot be. */
function isOwn(step: Step): boolean {
  return isBelowTmp(step.path) || step.kind === 'proc' || (step.kind === 'bind' && (step.access !== 'read' || step.source !== step.path));
}

const isBelowTmp = (path: string) => path.startsWith('/tmp/');
