import { type Program } from './help.ts';

/** Flags that every command takes, in any place after the program's name. */
export const globalFlags = {
  config: { flags: '--config <path>', help: 'settings file (default: $HOME/.clara/config.yaml)' },
  host: { flags: '--host <host>', help: 'platform to talk to: host or host:port (default: localhost:30031)' },
  directory: { flags: '-C, --directory <dir>', help: 'work in this folder, or in one above it (default: .)' },
  verbose: { flags: '--verbose', help: 'more detail in the output' },
} as const;

export type GlobalFlag = keyof typeof globalFlags;

const ofClara: readonly GlobalFlag[] = ['config', 'host', 'verbose'];

/** Those that the commands of a program take. */
export function globalsOf({ globals = ofClara }: Pick<Program, 'globals'>): readonly { readonly name: GlobalFlag; readonly flags: string; readonly help: string }[] {
  return globals.map((name) => ({ name, ...globalFlags[name] }));
}
