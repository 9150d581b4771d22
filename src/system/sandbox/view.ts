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
  const own: Step[] = [];
  const shared: Step[] = [{ kind: 'empty', path: place }, { kind: 'folder', path: `${place}/tmp` }];
  for (const step of steps) {
    const path = `${place}${step.path}`;
    if (isOwn(step)) {
      own.push(step);
      if (step.kind === 'bind' && host.look(step.source)?.kind !== 'folder') return undefined;
      if (!isBelowTmp(step.path)) shared.push({ kind: 'folder', path });
    } else {
      shared.push({ ...step, path });
    }
    // Not what others may write to.
    if (step.kind === 'dev') own.push({ kind: 'empty', path: `${step.path}/shm` });
  }
  const options = [...shared.flatMap(stepOptions), ...closedFolders(steps).flatMap((path) => ['--remount-ro', `${place}${path === '/' ? '' : path}`])];
  return { command: [bwrap, '--dev-bind', '/', '/', ...options, '--'], place, own };
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
