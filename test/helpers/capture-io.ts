import { Readable, Writable } from 'node:stream';
import { Io } from '../../src/terminal/output/io.ts';

/** An Io without a terminal that keeps what is printed. */
export function captureIo(options: { readonly verbose?: boolean; readonly input?: string } = {}): { readonly io: Io; readonly stdout: () => string; readonly stderr: () => string; readonly writes: string[] } {
  const writes: string[] = [];
  const errors: string[] = [];
  const stdout = new Writable({ write: (chunk: Buffer, _encoding, done) => { writes.push(chunk.toString()); done(); } });
  const stderr = new Writable({ write: (chunk: Buffer, _encoding, done) => { errors.push(chunk.toString()); done(); } });
  const stdin = Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]);
  const io = new Io({
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    stdin: stdin as unknown as NodeJS.ReadStream,
    noColor: true,
    unattended: true,
    verbose: options.verbose ?? false,
  });
  return { io, stdout: () => writes.join(''), stderr: () => errors.join(''), writes };
}
