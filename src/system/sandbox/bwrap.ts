import { type Step } from './layout.ts';

export interface BwrapOptions {
  readonly steps: readonly Step[];
  /** Folders that are made read-only in the end, inner ones first. */
  readonly closed: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The working directory of the command. */
  readonly folder: string;
  /** Whether the platform runs as root: then capabilities are cut down to those that containers usually have. */
  readonly root: boolean;
}

/** What a program that runs as root keeps: the default set of container engines without making devices and raw sockets. */
const keptCapabilities = [
  'CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_KILL', 'CAP_NET_BIND_SERVICE', 'CAP_SETFCAP', 'CAP_SETGID', 'CAP_SETPCAP',
  'CAP_SETUID', 'CAP_SYS_CHROOT',
];

/**
 * Options for bubblewrap, as its `--args` takes them. Only what release 0.4 knows. The process tree gets a namespace of
 * its own, so that nothing outlives the command.
 */
export function bwrapOptions({ steps, closed, environment, folder, root }: BwrapOptions): string[] {
  // What some shells give to every program that they start; bubblewrap passes its own environment on.
  const options = ['--unshare-pid', ...['_', 'SHLVL', 'OLDPWD'].flatMap((name) => ['--unsetenv', name])];
  if (root) options.push('--cap-drop', 'ALL', ...keptCapabilities.flatMap((capability) => ['--cap-add', capability]));
  options.push(...steps.flatMap(stepOptions), ...closed.flatMap((path) => ['--remount-ro', path]));
  options.push('--chdir', folder);
  for (const [name, value] of Object.entries(environment)) options.push('--setenv', name, value);
  return options;
}

const bindOptions = { read: '--ro-bind', write: '--bind', device: '--dev-bind' } as const;

/** One step, as options. */
export function stepOptions(step: Step): string[] {
  switch (step.kind) {
    case 'bind':
      return [bindOptions[step.access], step.source, step.path];
    case 'link':
      return ['--symlink', step.target, step.path];
    case 'folder':
      return ['--dir', step.path];
    case 'empty':
      return ['--tmpfs', step.path];
    case 'proc':
      return ['--proc', step.path];
    case 'dev':
      // A folder that programs write to, in one that they need not.
      return ['--dev', step.path, '--tmpfs', `${step.path}/shm`];
  }
}

/** Options as bubblewrap reads them from a file descriptor. */
export function nulSeparated(options: readonly string[]): string {
  return options.map((option) => `${option}\0`).join('');
}
