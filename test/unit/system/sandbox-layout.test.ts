import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { nulSeparated, bwrapOptions } from '../../../src/system/sandbox/bwrap.ts';
import { LayoutProblem, sandboxLayout, type HostFiles, type Mount, type Step } from '../../../src/system/sandbox/layout.ts';
import { viewOf } from '../../../src/system/sandbox/view.ts';

/** A host from a list of paths: `name/` is a folder, `name -> target` a link, else a file; folders on the way are implied. */
function hostOf(...paths: string[]): HostFiles {
  const entries = new Map<string, ReturnType<HostFiles['look']>>();
  for (const text of paths) {
    const [path, target] = text.split(' -> ') as [string, string | undefined];
    const clean = path.replace(/\/$/, '');
    for (let folder = dirname(clean); folder !== '/'; folder = dirname(folder)) if (!entries.has(folder)) entries.set(folder, { kind: 'folder' });
    entries.set(clean, target !== undefined ? { kind: 'link', target } : { kind: path.endsWith('/') ? 'folder' : 'file' });
  }
  return {
    look: (path) => entries.get(path),
    list: (folder) => [...entries].filter(([path]) => dirname(path) === folder && path !== '/').map(([path, entry]) => ({ name: path.slice(path.lastIndexOf('/') + 1), kind: entry!.kind })),
    isEmpty: (folder) => folder === '/media',
  };
}

const show = (step: Step) => {
  switch (step.kind) {
    case 'bind':
      return `${step.access} ${step.source === step.path ? '' : `${step.source} at `}${step.path}`;
    case 'link':
      return `link ${step.path} to ${step.target}`;
    default:
      return `${step.kind} ${step.path}`;
  }
};

const own = ['dev /dev', 'proc /proc'];
const input = (path: string): Mount => ({ path, source: '/home-of/in', access: 'read' });
const output = (path: string): Mount => ({ path, source: '/home-of/out', access: 'write' });

const base = ['/usr/bin/x', 'bin -> usr/bin', '/etc/', '/home/anna/notes', '/home/bert/', '/tmp/t/', '/dev/null', '/proc/1/', '/lost+found/', '/swapfile'].map((path) => (path.startsWith('/') ? path : `/${path}`));
const host = (...more: string[]) => hostOf(...base, ...more);
const layout = (mounts: Mount[], hidden: string[] = [], files = host()) => sandboxLayout(mounts, hidden, files).map(show);

test('the host\'s folders are there read-only and its links as links; files at the top are not', () => {
  expect(layout([], [], host('/media/'))).toContain('folder /media');
  expect(layout([])).toEqual(['read /usr', 'link /bin to usr/bin', 'read /etc', 'read /home', ...own]);
});

test.each<[string, string[], string[]]>([
  ['at the top', ['/input'], ['read /home-of/in at /input']],
  ['below the top', ['/data/in'], ['read /home-of/in at /data/in']],
  ['over a folder of the host', ['/etc'], ['read /home-of/in at /etc']],
  ['in the own /tmp', ['/tmp/in'], ['read /home-of/in at /tmp/in']],
])('a mount %s', (_, [path], steps) => {
  const planned = layout([input(path!)]);
  expect(planned).toEqual(expect.arrayContaining(steps));
  expect(planned.filter((step) => step === `read ${path}`)).toEqual([]);
});

test('a folder of the host without the mount point is taken apart', () => {
  expect(layout([input('/home/in')])).toEqual(['read /usr', 'link /bin to usr/bin', 'read /etc', ...own, 'folder /home', 'read /home/anna', 'read /home/bert', 'read /home-of/in at /home/in']);
});

test('only the folders on the way are taken apart, and links in them kept', () => {
  const files = host('/home/anna/link -> notes');
  const steps = layout([input('/home/anna/in')], [], files);
  expect(steps.slice(steps.indexOf('folder /home'))).toEqual([
    'folder /home', 'folder /home/anna', 'read /home/anna/notes', 'link /home/anna/link to notes', 'read /home-of/in at /home/anna/in', 'read /home/bert',
  ]);
});

test('a folder that has the mount point stays whole', () => {
  expect(layout([input('/home/bert')]).slice(3)).toEqual([...own, 'read /home', 'read /home-of/in at /home/bert']);
});

test('a path through a link of the host goes where the link goes', () => {
  const steps = layout([input('/bin/in')]);
  expect(steps).toContain('link /bin to usr/bin');
  expect(steps).toContain('read /home-of/in at /usr/bin/in');
});

test('one mount inside another comes after it', () => {
  expect(layout([output('/data/out'), input('/data')], [], host('/home-of/in/a', '/home-of/in/out/')).filter((step) => step.includes('/data'))).toEqual(['read /home-of/in at /data', 'write /home-of/out at /data/out']);
  expect(layout([output('/data/out'), input('/data')], [], host('/home-of/in/a')).filter((step) => step.includes('/data'))).toEqual([
    'folder /data', 'read /home-of/in/a at /data/a', 'write /home-of/out at /data/out',
  ]);
});

test('a hidden folder is empty, and what is mounted in it is there', () => {
  expect(layout([input('/home/anna/p/in')], ['/home/anna'])).toEqual(expect.arrayContaining(['read /home', 'empty /home/anna', 'read /home-of/in at /home/anna/p/in']));
  expect(layout([], ['/tmp/t', '/nowhere'])).toEqual(layout([]));
});

test.each(['/', '/proc', '/proc/1', '/dev'])('the path %s has no place', (path) => {
  expect(() => layout([input(path)])).toThrow(LayoutProblem);
});

test('a folder of very many entries is not taken apart', () => {
  const many = Array.from({ length: 500 }, (_, n) => `/big/${n}`);
  expect(() => layout([input('/big/in')], [], host(...many))).toThrow('/big has too many entries (500)');
  expect(layout([input('/big/7')], [], host(...many, '/big/7/'))).toContain('read /home-of/in at /big/7');
});

test('links that go in circles end', () => {
  expect(layout([input('/loop/in')], [], host('/loop -> /loop'))).toContain('read /home-of/in at /loop/in');
});

test('bubblewrap gets each step, the folder to work in and the variables; values are never split', () => {
  const steps: Step[] = [
    { kind: 'bind', source: '/a b', path: '/in', access: 'read' }, { kind: 'bind', source: '/o', path: '/out', access: 'write' },
    { kind: 'bind', source: '/dev/g', path: '/dev/g', access: 'device' }, { kind: 'link', target: 't', path: '/l' },
    { kind: 'folder', path: '/f' }, { kind: 'empty', path: '/e' }, { kind: 'proc', path: '/proc' }, { kind: 'dev', path: '/dev' },
  ];
  const options = bwrapOptions({ steps, closed: ['/dev', '/'], environment: { A: 'x y\nz', B: '' }, folder: '/tmp', root: false });
  expect(options).toEqual([
    '--unshare-pid', '--unsetenv', '_', '--unsetenv', 'SHLVL', '--unsetenv', 'OLDPWD', '--ro-bind', '/a b', '/in', '--bind', '/o', '/out', '--dev-bind', '/dev/g', '/dev/g', '--symlink', 't', '/l',
    '--dir', '/f', '--tmpfs', '/e', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/dev/shm', '--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/tmp', '--setenv', 'A', 'x y\nz', '--setenv', 'B', '',
  ]);
  expect(nulSeparated(options).split('\0')).toEqual([...options, '']);
  expect(bwrapOptions({ steps: [], closed: [], environment: {}, folder: '/', root: true })).toContain('--cap-drop');
});

test('what sandboxes have in common goes into a view, with room for what each has of its own', () => {
  const machine = hostOf('/usr/', '/var/lib/', '/home/clara/platform/', '/home/clara/platform/in/', '/home/clara/platform/out/', '/home/clara/platform/file', '/home/clara/other/', '/bin -> usr/bin');
  const own = (...mounts: Mount[]) => viewOf(sandboxLayout(mounts, ['/home/clara/platform'], machine), '/home/clara/platform/view', '/bwrap', machine);
  const view = own({ path: '/input', source: '/home/clara/platform/in', access: 'read' }, { path: '/tmp/out', source: '/home/clara/platform/out', access: 'write' });
  const text = view!.command.join(' ');
  expect(text).toMatch(/^\/bwrap --dev-bind \/proc \/proc .*--bind \/home\/clara\/platform \/home\/clara\/platform .*--tmpfs \/home\/clara\/platform\/view /);
  expect(text).toContain('--ro-bind /usr /home/clara/platform/view/usr');
  expect(text).toContain('--dir /home/clara/platform/view/input');
  expect(text).not.toContain('platform/in ');
  expect(text).not.toContain('view/tmp/out');
  // Whatever can be written to in it, others would see.
  expect(view!.command.filter((_, index) => view!.command[index - 1] === '--remount-ro').sort()).toEqual(['', '/dev', '/home/clara/platform'].map((path) => `/home/clara/platform/view${path}`));
  expect(view!.own.map(show).sort()).toEqual(['empty /dev/shm', 'proc /proc', 'read /home/clara/platform/in at /input', 'write /home/clara/platform/out at /tmp/out']);
  expect(own({ path: '/input/file', source: '/home/clara/platform/file', access: 'read' })).toBeUndefined();
  expect(own({ path: '/input', source: '/home/clara/other', access: 'read' })).toBeUndefined();
  // Bubblewrap itself would be hidden.
  expect(viewOf(sandboxLayout([], ['/usr/clara'], machine), '/usr/clara/view', '/usr/bin/bwrap', machine)).toBeUndefined();
});
