import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { eventually } from './adapter.ts';
import { clara, tempDir } from './run.ts';

export interface StartedAdapter {
  /** host:port. */
  readonly dicom: string;
  readonly rest: string;
  readonly pid: number;
  /** Of `dicom`, as programs take it on their command line. */
  readonly port: string;
}

export interface ListedJob {
  readonly jobId: string;
  readonly jobName: string;
  readonly state: string;
  readonly status: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ListedTask {
  readonly taskId: string;
  readonly state: string;
  readonly retries: number;
  readonly uris: readonly string[];
}

export interface DicomPlace {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs `clara`, expects success, and returns what it printed. */
  ask(args: readonly string[]): Promise<string>;
  /** Returns the id of the new pipeline. */
  createPipeline(definition: string): Promise<string>;
  /** Lays a settings file where the adapter looks for it. */
  layDown(settings: string): void;
  startAdapter(): Promise<StartedAdapter>;
  jobs(): Promise<ListedJob[]>;
  /** All jobs, when there are at least so many and all have ended. */
  ended(count: number): Promise<ListedJob[]>;
  tasks(): Promise<ListedTask[]>;
}

/** A home with a running platform on free ports; it, and an adapter, end with the test. */
export async function dicomPlace(): Promise<DicomPlace> {
  const home = tempDir();
  const env: Record<string, string> = { CLARA_HOME: home };
  const ask = async (args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await clara(args, { env });
    expect([exitCode, stderr], `clara ${args.join(' ')}`).toEqual([0, expect.anything()]);
    return stdout;
  };
  const list = async <Item>(noun: string) => JSON.parse(await ask([...noun.split(' '), '-o', 'json'])) as Item[];
  onTestFinished(async () => {
    await clara(['dicom', 'stop'], { env });
    await clara(['platform', 'stop', '-y'], { env });
  });
  env.CLARA_HOST = (JSON.parse(await ask(['platform', 'start', '--port', '0', '-o', 'json'])) as { endpoint: string }).endpoint;
  const jobs = () => list<ListedJob>('list jobs');
  return {
    home, env, ask, jobs,
    tasks: () => list<ListedTask>('results list'),
    async createPipeline(definition) {
      const file = join(home, 'pipeline.yaml');
      writeFileSync(file, definition);
      return /[0-9a-f]{32}/.exec(await ask(['create', 'pipeline', '-p', file]))![0];
    },
    layDown(settings) {
      const folder = join(home, 'charts', 'dicom-adapter', 'files');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'dicom-server-config.yaml'), settings);
    },
    async startAdapter() {
      const ready = JSON.parse(await ask(['dicom', 'start', '--listen', '127.0.0.1', '--port', '0', '--rest-port', '0', '-o', 'json'])) as Omit<StartedAdapter, 'port'>;
      return { ...ready, port: ready.dicom.split(':')[1]! };
    },
    ended: (count) => eventually(async () => {
      const found = await jobs();
      return found.length >= count && found.every(({ state }) => state === 'JOB_STATE_STOPPED') && found;
    }, 90),
  };
}
