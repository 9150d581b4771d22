import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodeFileHeader } from '../../../src/dicom/part10/header.ts';
import { instance } from '../../helpers/adapter.ts';
import { clara, run, tempDir, type Finished } from '../../helpers/run.ts';

/** A home for an adapter, without a platform; what is started in it is stopped with the test. */
export function adapterPlace() {
  const home = tempDir();
  const env: Record<string, string> = { CLARA_HOME: home, CLARA_HOST: '127.0.0.1:1' };
  const call = (...args: readonly string[]) => clara(['dicom', ...args], { env });
  onTestFinished(async () => { await call('stop'); });
  /** Lays the settings file where `clara pull dicom` does. */
  const settings = (text: string, name = 'dicom-server-config.yaml') => {
    const folder = join(home, 'charts', 'dicom-adapter', 'files');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const start = async (...args: readonly string[]) => {
    const started = await call('start', '--port', '0', '--rest-port', '0', '-o', 'json', ...args);
    if (started.exitCode !== 0) throw new Error(started.stderr);
    const ready = JSON.parse(started.stdout) as { readonly dicom: string; readonly rest: string; readonly log: string };
    return { ...ready, port: ready.dicom.split(':')[1]! };
  };
  return { home, env, call, settings, start };
}

/** A program of dcmtk with both of its outputs in one text. */
export async function dcmtk(program: string, ...args: readonly string[]): Promise<{ readonly exitCode: Finished['exitCode']; readonly text: string }> {
  const { exitCode, stdout, stderr } = await run(program, args, { env: { TCP_NODELAY: '1' } });
  return { exitCode, text: stdout + stderr };
}

/** A DICOM file of an instance that could be sent. */
export function fileOf(home: string, name: string, ...args: Parameters<typeof instance>): string {
  const request = instance(...args);
  const path = join(home, name);
  writeFileSync(path, Buffer.concat([encodeFileHeader(request), ...request.data as Iterable<Buffer>]));
  return path;
}
