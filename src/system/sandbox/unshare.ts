import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type SupervisedEnd } from '../supervise/supervised.ts';
import { removeTree } from '../remove-tree.ts';
import { type Step } from './layout.ts';

/**
 * Builds a sandbox with util-linux alone, where bubblewrap is missing: run by `unshare` in new mount and process
 * namespaces, with an empty folder, the steps as kind, path and source, `--`, the folder to work in, and the command. As
 * the first process of its namespace it stays until the command has ended; whatever is left then dies with it.
 */
const script = `
set -e
command_path=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1
shift
mount -t tmpfs -o mode=0755 tmpfs "$root"
read_only() {
  mount -o remount,bind,ro,nosuid,nodev "$1" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev,noexec "$1"
}
while [ "$1" != -- ]; do
  kind=$1 path=$root$2 source=$3
  shift 3
  case $kind in
    read | write | device)
      if [ -d "$source" ]; then mkdir -p "$path"; else mkdir -p "\${path%/*}"; [ -e "$path" ] || : >"$path"; fi
      mount --rbind "$source" "$path"
      if [ "$kind" = read ]; then
        read_only "$path"
        while read -r _ _ _ _ point _; do
          point=$(printf %b "$point")
          # One that is unmounted on this machine meanwhile is gone here, too.
          case $point in "$path"/*) read_only "$point" 2>/dev/null || ! mountpoint -q "$point" || read_only "$point" ;; esac
        done </proc/self/mountinfo
      fi
      ;;
    link) ln -s "$source" "$path" ;;
    folder) mkdir -p "$path" ;;
    empty) mkdir -p "$path"; mount -t tmpfs tmpfs "$path" ;;
    proc) mkdir -p "$path"; mount -t proc proc "$path" ;;
    dev)
      mkdir -p "$path"
      mount -t tmpfs -o mode=0755 tmpfs "$path"
      for node in null zero full random urandom tty; do : >"$path/$node"; mount --bind "/dev/$node" "$path/$node"; done
      ln -s /proc/self/fd "$path/fd"
      ln -s /proc/self/fd/0 "$path/stdin"
      ln -s /proc/self/fd/1 "$path/stdout"
      ln -s /proc/self/fd/2 "$path/stderr"
      mkdir -m 1777 "$path/shm"
      mount -t tmpfs -o mode=1777 tmpfs "$path/shm"
      ;;
  esac
done
mkdir "$root/.host"
cd "$root"
pivot_root . .host
umount -l /.host
rmdir /.host
cd "$2"
shift 2
unset OLDPWD
set +e
PATH=$command_path "$@"
`;

/** Of a program that runs as root, or as the root of its own namespace: as in bwrap.ts. */
const keptCapabilities = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'net_bind_service', 'setfcap', 'setgid', 'setpcap', 'setuid', 'sys_chroot'];

export interface UnshareSandbox {
  readonly unshare: string;
  readonly setpriv: string;
  /** Whether a user namespace is needed, as for everybody but root. */
  readonly userNamespace: boolean;
}

/** Between supervisor and command there are `unshare` and the shell that is the first process of the namespace. */
export const unshareWrappers = 2;

/** Whether a supervisor with this command line runs such a sandbox, rather than a bare program. */
export function isUnshared(command: readonly string[]): boolean {
  return command.some((argument) => basename(argument) === 'unshare');
}

/** Folders in the folder of a run: the sandbox's root, and its /tmp. */
export function makeUnshareFolders(folder: string): { readonly root: string; readonly scratch: string } {
  const folders = { root: join(folder, 'root'), scratch: join(folder, 'tmp') };
  mkdirSync(folders.root);
  mkdirSync(folders.scratch);
  return folders;
}

/** Removes them when the run has ended, before that is told. */
export async function removeUnshareFolders(folder: string, ended: Promise<SupervisedEnd>): Promise<SupervisedEnd> {
  const end = await ended;
  for (const name of ['root', 'tmp']) await removeTree(join(folder, name));
  return end;
}

/** The command that runs a command in a sandbox. `root` is an empty folder of the host, `folder` where the command works. */
export function unshareCommand(
  sandbox: UnshareSandbox, root: string, steps: readonly Step[], folder: string, command: readonly string[],
): string[] {
  return [
    ...namespaces(sandbox), '/bin/sh', '-c', script, 'sandbox', root,
    ...steps.flatMap(stepArguments), '--', folder, ...withoutPrivileges(sandbox), ...command,
  ];
}

/** A command that succeeds where sandboxes of this kind can be built. */
export function unshareTrial(sandbox: UnshareSandbox): string[] {
  const steps = 'mount -t tmpfs tmpfs /tmp && mkdir /tmp/a && mount --rbind /usr /tmp/a && mount -o remount,bind,ro,nosuid,nodev /tmp/a && mount -t proc proc /proc && "$@"';
  return [...namespaces(sandbox), '/bin/sh', '-c', `PATH=/usr/sbin:/usr/bin:/sbin:/bin; ${steps}`, 'sandbox', ...withoutPrivileges(sandbox), '/bin/true'];
}

function namespaces({ unshare, userNamespace }: UnshareSandbox): string[] {
  return [unshare, ...(userNamespace ? ['--map-root-user'] : []), '--mount', '--pid', '--fork', '--kill-child', '--'];
}

function withoutPrivileges({ setpriv }: UnshareSandbox): string[] {
  return [setpriv, '--bounding-set', ['-all', ...keptCapabilities.map((name) => `+${name}`)].join(','), '--'];
}

function stepArguments(step: Step): string[] {
  switch (step.kind) {
    case 'bind':
      return [step.access, step.path, step.source];
    case 'link':
      return ['link', step.path, step.target];
    default:
      return [step.kind, step.path, ''];
  }
}
