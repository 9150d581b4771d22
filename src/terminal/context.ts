import { type Connection } from '../api/client.ts';
import { loadSettings, type GlobalFlags, type Settings } from '../config/settings.ts';
import { type Io } from './output/io.ts';

/** What the process lends to a command line. */
export interface Surroundings {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly packageRoot: string;
  /** Called when another program takes over the terminal and the signals. */
  readonly handOver: () => void;
}

export interface CommandGlobals extends GlobalFlags {
  /** The folder to work in instead of the current one, for programs that take one. */
  readonly directory?: string | undefined;
}

/** What a command gets to work with; it reaches for nothing else. */
export interface Context {
  readonly io: Io;
  /** Aborted by Ctrl-C; pass it to every call that takes one. */
  readonly signal: AbortSignal;
  readonly globals: CommandGlobals;
  /** Where bin/, plugins/ and templates/ of this installation lie. */
  readonly packageRoot: string;
  /** Read on first use; complaints about the file go to stderr once. */
  settings(): Promise<Settings>;
  /** The platform that the settings name. Opened on first use, closed when the command ends. */
  connect(): Promise<Connection>;
  /** Leaves the terminal and its signals to a program that runs in our place. */
  handOver(): void;
  /** Closes what the command opened. */
  close(): void;
}

export function createContext({ io, signal, packageRoot, handOver }: Surroundings, globals: CommandGlobals): Context {
  let settings: Promise<Settings> | undefined;
  let connection: Promise<Connection> | undefined;
  let opened: Connection | undefined;
  const context: Context = {
    io,
    signal,
    globals,
    packageRoot,
    handOver,
    settings: () => (settings ??= loadSettings(globals).then((loaded) => {
      for (const warning of loaded.warnings) io.warn(warning);
      return loaded;
    })),
    connect: () => (connection ??= (async () => {
      const [loaded, { openConnection }] = await Promise.all([context.settings(), import('./connect.ts')]);
      opened = await openConnection(loaded, io);
      return opened;
    })()),
    close: () => opened?.close(),
  };
  return context;
}
