import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import dcmjsCodecs from 'dcmjs-codecs';
import { onTestFinished } from 'vitest';
import { run } from './run.ts';

/** Runs a dcmtk tool over files of a folder; the results have the same names. */
export async function recode(tool: string, options: readonly string[], from: string, to: string, names: readonly string[]): Promise<void> {
  mkdirSync(to, { recursive: true });
  for (const name of names) {
    const made = await run(tool, [...options, join(from, name), join(to, name)]);
    if (made.exitCode !== 0) throw new Error(`${tool} ${options.join(' ')}: ${made.stderr}`);
  }
}

/** Recodes files with the encoders of the codec library: no tool of the machine writes JPEG 2000. */
export async function transcode(from: string, names: readonly string[], to: string, syntax: string, options: Record<string, unknown> = {}): Promise<void> {
  const { NativeCodecs, Transcoder } = dcmjsCodecs;
  // The copy that the encoders use: it names every private attribute otherwise.
  (createRequire(import.meta.url)('dcmjs') as { log: { setLevel(level: string): void } }).log.setLevel('error');
  await NativeCodecs.initializeAsync();
  onTestFinished(() => NativeCodecs.release());
  mkdirSync(to, { recursive: true });
  for (const name of names) {
    const transcoder = new Transcoder(Uint8Array.from(readFileSync(join(from, name))).buffer);
    transcoder.transcode(syntax, options);
    writeFileSync(join(to, name), new Uint8Array(transcoder.getDicomPart10()));
  }
}
