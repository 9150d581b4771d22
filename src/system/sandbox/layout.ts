import { dirname, join } from 'node:path';

/** A folder (or file) of the host that appears at a path of the sandbox. */
export interface Mount {
  readonly path: string;
  readonly source: string;
  readonly access: 'read' | 'write' | 'device';
}

/** What lies at a path of the host; undefined where there is nothing. */
export type HostEntry = { readonly kind: 'folder' | 'file' } | { readonly kind: 'link'; readonly target: string };

/** The host's file system, as far as a layout needs it. */
export interface HostFiles {
  look(path: string): HostEntry | undefined;
  /** What lies in a folder, without a look at each: one may be a network drive that does not answer. */
  list(folder: string): readonly { readonly name: string; readonly kind: HostEntry['kind'] }[];
  /** Whether a folder at the top is known to hold nothing. */
  isEmpty(folder: string): boolean;
}

/** One step of building a sandbox's file system on an empty root; parents come before what lies in them. */
export type Step =
  | { readonly kind: 'bind'; readonly source: string; readonly path: string; readonly access: Mount['access'] }
  | { readonly kind: 'link'; readonly target: string; readonly path: string }
  | { readonly kind: 'folder' | 'empty' | 'proc' | 'dev'; readonly path: string };

/** Why a mount has no place; the sentence follows the path's name. */
export class LayoutProblem extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** Folders with more entries than this are not taken apart to make room for a mount in them: each entry is a mount. */
const largestExpansion = 400;

/** Top-level folders that a sandbox has of its own, or has no use for. */
const ownFolders = new Set(['proc', 'dev', 'tmp', 'lost+found']);

interface Node {
  readonly children: Map<string, Node>;
  /** undefined: only a step on the way to a mount. */
  content: Mount | 'hidden' | 'tmp' | 'dev' | 'proc' | undefined;
}

/**
 * Plans a sandbox: the host's folders read-only, links kept; own /dev and /proc; the mounts at their exact paths, below
 * an own /tmp too, which is there already; empty folders over what is hidden. A mount point that the host does not have cannot be made in a
 * read-only folder, so such a folder is taken apart: each of its entries is bound by itself.
 */
export function sandboxLayout(mounts: readonly Mount[], hidden: readonly string[], host: HostFiles): Step[] {
  const root: Node = { children: new Map(), content: undefined };
  place(root, '/tmp').content = 'tmp';
  place(root, '/dev').content = 'dev';
  place(root, '/proc').content = 'proc';
  for (const path of hidden) {
    const real = resolveOnHost(path, host);
    if (!isOwn(real) && host.look(real)?.kind === 'folder') place(root, real).content = 'hidden';
  }
  for (const mount of mounts) {
    const path = resolveOnHost(mount.path, host);
    if (path === '/' || path === '/proc' || path.startsWith('/proc/') || path === '/dev') {
      throw new LayoutProblem(mount.path, 'cannot be replaced inside a sandbox');
    }
    place(root, path).content = mount;
  }
  const steps: Step[] = [];
  for (const { name, kind } of host.list('/')) {
    const path = `/${name}`;
    if (ownFolders.has(name) || root.children.has(name)) continue;
    if (kind === 'link') link(path, path);
    else if (kind === 'folder') steps.push(host.isEmpty(path) ? { kind: 'folder', path } : { kind: 'bind', source: path, path, access: 'read' });
  }
  for (const [name, child] of root.children) emit(child, `/${name}`, host.look(`/${name}`) === undefined ? undefined : `/${name}`);
  return steps;

  function link(from: string, path: string): void {
    const entry = host.look(from);
    if (entry?.kind === 'link') steps.push({ kind: 'link', target: entry.target, path });
  }

  /** `below`: what lies at the path already, as a path of the host. */
  function emit(node: Node, path: string, below: string | undefined): void {
    let base = below;
    switch (node.content) {
      case undefined:
        break;
      case 'hidden':
        steps.push({ kind: 'empty', path });
        base = undefined;
        break;
      case 'tmp':
        base = undefined;
        break;
      case 'dev':
      case 'proc':
        steps.push({ kind: node.content, path });
        base = undefined;
        break;
      default:
        if (node.content.access !== 'read' || node.children.size === 0 || hasRoom(node, node.content.source)) {
          steps.push({ kind: 'bind', source: node.content.source, path, access: node.content.access });
          emitInside(node, path, node.content.access === 'read' ? node.content.source : undefined);
          return;
        }
        base = node.content.source;
    }
    if (base === undefined) return emitInside(node, path, undefined);
    if (hasRoom(node, base)) {
      if (node.content === undefined) steps.push({ kind: 'bind', source: base, path, access: 'read' });
      return emitInside(node, path, base);
    }
    takeApart(node, path, base);
  }

  function emitInside(node: Node, path: string, base: string | undefined): void {
    for (const [name, child] of node.children) {
      const inside = base === undefined ? undefined : join(base, name);
      if (child.content === undefined) emitInside(child, join(path, name), inside);
      else emit(child, join(path, name), inside);
    }
  }

  function takeApart(node: Node, path: string, base: string): void {
    const entries = host.list(base);
    if (entries.length > largestExpansion) {
      throw new LayoutProblem(firstMount(node)?.path ?? path, `does not exist on this machine, and ${base} has too many entries (${entries.length}) to make room for it`);
    }
    steps.push({ kind: 'folder', path });
    for (const { name, kind } of entries) {
      const child = node.children.get(name);
      if (child !== undefined) emit(child, join(path, name), join(base, name));
      else if (kind === 'link') link(join(base, name), join(path, name));
      else steps.push({ kind: 'bind', source: join(base, name), path: join(path, name), access: 'read' });
    }
    for (const [name, child] of node.children) {
      if (!entries.some((entry) => entry.name === name)) emit(child, join(path, name), undefined);
    }
  }

  /** Whether every mount below the node finds its folder in the base. */
  function hasRoom(node: Node, base: string): boolean {
    for (const [name, child] of node.children) {
      if (host.look(join(base, name)) === undefined) return false;
      if (child.content === undefined && !hasRoom(child, join(base, name))) return false;
    }
    return true;
  }
}

function place(root: Node, path: string): Node {
  let node = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    let child = node.children.get(name);
    if (child === undefined) {
      child = { children: new Map(), content: undefined };
      node.children.set(name, child);
    }
    node = child;
  }
  return node;
}

function firstMount(node: Node): Mount | undefined {
  if (typeof node.content === 'object') return node.content;
  for (const child of node.children.values()) {
    const found = firstMount(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isOwn = (path: string) => ownFolders.has(path.split('/')[1]!);

/** The path with the host's symbolic links on the way resolved, as far as it exists; own folders hold no host links. */
function resolveOnHost(path: string, host: HostFiles): string {
  let parts = path.split('/').filter((part) => part !== '' && part !== '.');
  let done = '/';
  for (let hops = 0; parts.length > 0;) {
    const name = parts.shift()!;
    if (name === '..') {
      done = dirname(done);
      continue;
    }
    const next = join(done, name);
    const entry = isOwn(next) ? undefined : host.look(next);
    if (entry?.kind !== 'link' || hops > 40) {
      done = next;
      continue;
    }
    hops += 1;
    parts = [...entry.target.split('/').filter((part) => part !== '' && part !== '.'), ...parts];
    if (entry.target.startsWith('/')) done = '/';
  }
  return done;
}
