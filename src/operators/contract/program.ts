import { readOperatorEnvironment, type StageEnvironment } from '../../config/operator-environment.ts';
import { ClaraError, exitCodes } from '../../core/errors.ts';
import { systemProblem } from './file-errors.ts';
import { type CommandLine, readFlags, whereHelpIs } from './flags.ts';
import { flagNaming, type FolderSpec, resolveFolders } from './folders.ts';
import { type MemorySpec, resolveMemory } from './memory.ts';
import { helpText } from './help.ts';
import { logFolder, logPlace } from './log-folder.ts';
import { type OptionTable, type OptionValues, placeholderOf, resolveOptions } from './options.ts';
import { keepLine, stageOf, waitForTurn, writeLock } from './stage.ts';
import { abortOnSignals } from './stop-signals.ts';

/** What an operator program declares about itself; the help, the flags and the variables all come from it. */
export interface OperatorProgram<I extends string, T extends OptionTable, M extends string = never> {
  readonly name: string;
  /** What it does: one sentence. */
  readonly summary: string;
  readonly inputs: readonly (FolderSpec & { readonly name: I })[];
  /** The output folder, where the usual one does not do. A folder without a fallback must be named. */
  readonly output?: OutputSpec | 'none';
  /** It keeps a copy of its log in a folder, where there is one for logs. */
  readonly keepsLog?: true;
  /** What it reads from, and leaves in, shared memory. */
  readonly memoryInputs?: readonly (MemorySpec & { readonly name: M })[];
  readonly memoryOutputs?: readonly (MemorySpec & { readonly name: M })[];
  /** The folder that may be named without its flag. */
  readonly positional?: I | 'output';
  /** Words that a definition may have in front of the arguments: the command of the original's image. */
  readonly leadingWords?: readonly RegExp[];
  readonly options: T;
  readonly examples: readonly string[];
}

/** What the work of an operator is given. */
export interface OperatorContext<I extends string, T extends OptionTable, M extends string = never> {
  readonly inputs: Readonly<Record<I, string>>;
  /** Empty where the operator has none. */
  readonly output: string;
  /** Files that the stage of a workflow is to read and write, absolute; undefined in a pipeline. The input need not exist. */
  readonly inputFile: string | undefined;
  readonly outputFile: string | undefined;
  /** The files in shared memory. */
  readonly memory: Readonly<Record<M, string>>;
  readonly options: OptionValues<T>;
  /** Where the value of an option comes from: a variable counts, be it empty. */
  readonly given: (option: keyof T & string) => 'flag' | 'variable' | undefined;
  readonly log: OperatorLog;
  /** Aborted by SIGTERM or SIGINT: stop soon, leave no unfinished file. */
  readonly signal: AbortSignal;
}

/** An operator's log is what it prints: progress on stdout, warnings on stderr, one line each. */
export interface OperatorLog {
  readonly info: (line: string) => void;
  readonly warn: (line: string) => void;
}

type OutputSpec = FolderSpec & { readonly name: 'output' };

const outputFolder: OutputSpec = {
  name: 'output',
  fallback: '/output',
  help: 'folder that the results are written to; made if it is missing',
};

/** Runs an operator as a program and sets the exit status: 0 done, 1 failed, 2 wrong usage, 143 or 130 stopped by a signal. */
export async function runOperator<I extends string, const T extends OptionTable, M extends string = never>(
  program: OperatorProgram<I, T, M>,
  work: (context: OperatorContext<I, T, M>) => Promise<void>,
): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  const stop = new AbortController();
  abortOnSignals(stop);
  let stage: StageEnvironment | undefined;
  let logFiles: readonly string[] = [];
  let inputs: Readonly<Record<string, string>> = {};
  try {
    const prepared = prepare(program, withoutLeading(process.argv.slice(2), program.leadingWords), stop.signal);
    if (prepared === 'help') {
      process.stdout.write(helpText(program, [...outputOf(program), ...logFolderOf(program)]));
      return;
    }
    ({ stage, logFiles, context: { inputs } } = prepared);
    if (stage !== undefined) await waitForTurn(stage, prepared.context.log.info, stop.signal);
    await work(prepared.context);
    if (stage !== undefined) await writeLock(stage);
  } catch (error) {
    const flag = flagNaming(error, inputs);
    process.exitCode = report(error, stop.signal, logFiles, flag === undefined ? undefined : `--${flag} DIR names the folder; ${whereHelpIs(program.name)}`);
  }
}

/** Everything that can be wrong with how the operator was called is found here, before it touches a file. */
function prepare<I extends string, T extends OptionTable, M extends string>(
  program: OperatorProgram<I, T, M>, argv: string[], signal: AbortSignal,
): { readonly context: OperatorContext<I, T, M>; readonly stage: StageEnvironment | undefined; readonly logFiles: readonly string[] } | 'help' {
  const flags = readFlags(commandLine(program), argv);
  if (flags['help'] === true) return 'help';
  const environment = readOperatorEnvironment();
  const { stage } = environment;
  const places = stage === undefined ? { inputs: environment.inputs, outputs: environment.outputs, inputFile: undefined, outputFile: undefined } : stageOf(stage);
  const inputs = resolveFolders(program.inputs, flags, places.inputs);
  const [spec] = outputOf(program);
  const logs = program.keepsLog === true ? logPlace(program.name, flags[logFolder.name], places.outputs) : { file: undefined, outputs: places.outputs };
  const output = spec === undefined ? '' : resolveFolders([spec], flags, logs.outputs).output;
  const unnamed = Object.entries<string>({ ...inputs, ...(spec === undefined ? {} : { output }) }).find(([, folder]) => folder === '');
  if (unnamed !== undefined) throw new ClaraError('usage', `no ${unnamed[0]} folder`, { hint: `${program.name} ${program.positional === unnamed[0] ? 'DIR' : `--${unnamed[0]} DIR`} names it; ${whereHelpIs(program.name)}` });
  const logFiles = [stage?.log, logs.file].filter((file) => file !== undefined);
  const context = {
    inputs,
    output,
    // Who names a folder means all of it.
    inputFile: flags['input'] === undefined ? places.inputFile : undefined,
    outputFile: flags['output'] === undefined ? places.outputFile : undefined,
    memory: {
      ...resolveMemory(program.memoryInputs ?? [], flags, environment.memoryInputs),
      ...resolveMemory(program.memoryOutputs ?? [], flags, environment.memoryOutputs),
    } as Record<M, string>,
    options: resolveOptions(program.options, flags, environment.variable),
    given: (option: string) => (flags[option] !== undefined ? 'flag' as const : environment.isSet(program.options[option]!.variable) ? 'variable' as const : undefined),
    log: logFiles.length === 0 ? operatorLog : keptLog(logFiles),
    signal,
  };
  return { context, stage, logFiles };
}

function withoutLeading(argv: string[], words: readonly RegExp[] = []): string[] {
  return words.length > 0 && words.every((word, index) => word.test(argv[index] ?? '')) ? argv.slice(words.length) : argv;
}

/** None or one. */
function outputOf({ output = outputFolder }: { readonly output?: OutputSpec | 'none' }): readonly OutputSpec[] {
  return output === 'none' ? [] : [output];
}

function logFolderOf({ keepsLog }: { readonly keepsLog?: true }): readonly FolderSpec[] {
  return keepsLog === true ? [logFolder] : [];
}

function commandLine<I extends string, T extends OptionTable, M extends string>(program: OperatorProgram<I, T, M>): CommandLine {
  const folders = [...program.inputs, ...outputOf(program), ...logFolderOf(program)];
  const memory = [...(program.memoryInputs ?? []), ...(program.memoryOutputs ?? [])];
  return {
    program: program.name,
    positional: program.positional,
    flags: [
      ...folders.map(({ name }) => ({ name, value: 'DIR' })),
      ...memory.map(({ name }) => ({ name, value: 'FILE' })),
      ...Object.entries(program.options).map(([name, spec]) => ({ name, value: placeholderOf(spec) })),
    ],
  };
}

const operatorLog: OperatorLog = {
  info: (line) => void process.stdout.write(`${oneLine(line)}\n`),
  warn: (line) => void process.stderr.write(`warning: ${oneLine(line)}\n`),
};

/** The same, and a copy in files: the one that the stage's chart names, the one in the folder for logs. */
function keptLog(files: readonly string[]): OperatorLog {
  return {
    info: (line) => { operatorLog.info(line); keep(files, oneLine(line)); },
    warn: (line) => { operatorLog.warn(line); keep(files, `warning: ${oneLine(line)}`); },
  };
}

function keep(files: readonly string[], line: string): void {
  for (const log of files) keepLine({ log }, line);
}

function report(thrown: unknown, signal: AbortSignal, logFiles: readonly string[], folderHint: string | undefined): number {
  const error = explained(signal.aborted ? signal.reason : thrown);
  for (const line of [`error: ${error?.message ?? String(thrown)}`, ...(error?.details ?? []).map((detail) => `  ${detail}`)]) keep(logFiles, oneLine(line));
  if (error === undefined) {
    process.stderr.write(`error: unexpected: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
    return 1;
  }
  process.stderr.write(`error: ${oneLine(error.message)}\n${error.details.map((line) => `  ${oneLine(line)}\n`).join('')}`);
  const hint = error.hint ?? (signal.aborted ? undefined : folderHint);
  if (hint !== undefined) process.stderr.write(`hint: ${oneLine(hint)}\n`);
  return signal.aborted && error.kind === 'failed' ? 143 : exitCodes[error.kind];
}

/** What a user can do something about: our own errors, and those of the system (no space, no permission). Anything else is a bug. */
function explained(error: unknown): ClaraError | undefined {
  if (error instanceof ClaraError) return error;
  return systemProblem(error);
}

/** A file name may hold anything; a line of the log must stay one line. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
