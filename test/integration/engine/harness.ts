import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { JobOperatorStatus, JobPriority, JobState, JobStatus } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { readEngineEnvironment } from '../../../src/config/engine-environment.ts';
import { newId } from '../../../src/core/ids.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { createEngine } from '../../../src/platform/engine/create-engine.ts';
import { type Engine, type NamedValue } from '../../../src/platform/engine/engine.ts';
import { openPlatformDatabase } from '../../../src/platform/store/database.ts';
import { SqliteJobStore, type EngineJob, type EngineOperator } from '../../../src/platform/store/jobs.ts';
import { type Sandbox } from '../../../src/system/sandbox/detect.ts';
import { createLog } from '../../../src/system/log.ts';
import { type Database } from '../../../src/system/database/sqlite.ts';
import { root, tempDir } from '../../helpers/run.ts';

export interface HarnessOptions {
  readonly home?: string;
  readonly backend?: 'auto' | 'process' | 'docker';
  readonly capacity?: { readonly cpus?: number; readonly memoryMb?: number; readonly gpus?: number };
  readonly sandbox?: Sandbox;
  readonly serviceMs?: number;
  readonly limits?: { readonly defaultMs?: number; readonly maximumMs?: number; readonly graceMs?: number };
}

export interface Submission {
  readonly name?: string;
  readonly priority?: JobPriority;
  /** Files of the payload's input. */
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: readonly NamedValue[];
}

/** An engine on a database and a folder of its own, without the servers around it. */
export interface Harness {
  readonly home: string;
  readonly db: Database;
  readonly jobs: SqliteJobStore;
  readonly engine: Engine;
  /** Creates a job; it is not started. */
  create(definition: string, submission?: Submission): string;
  submit(definition: string, submission?: Submission): Promise<string>;
  job(id: string): EngineJob;
  operator(jobId: string, name: string): EngineOperator;
  /** Waits for a job to stop. */
  stopped(jobId: string): Promise<EngineJob>;
  /** Path of something in a job's payload. */
  payload(jobId: string, ...names: string[]): string;
  output(jobId: string, ...names: string[]): string;
  /** The whole log of an operator. */
  log(jobId: string, operator: string): Promise<string[]>;
}

const pipelineId = '0123456789abcdef0123456789abcdef';

export async function startEngine(options: HarnessOptions = {}): Promise<Harness> {
  const home = options.home ?? tempDir();
  mkdirSync(join(home, 'payloads'), { recursive: true });
  const db = openPlatformDatabase(join(home, 'platform.db'));
  const jobs = new SqliteJobStore(db);
  const revisionFile = (revision: number) => join(home, `revision-${revision}.yaml`);
  const engine = await createEngine({
    db,
    jobs,
    definition: (_, revision) => [{ path: 'pipeline.yaml', content: readFileSync(revisionFile(revision), 'utf8') }],
    options: {
      home,
      backend: options.backend ?? 'auto',
      capacity: { cpus: 2, memoryMb: 100_000, ...options.capacity },
      serviceMs: options.serviceMs ?? 20_000,
      limits: { defaultMs: 60_000, maximumMs: 120_000, graceMs: 1000, ...options.limits },
    },
    results: { address: '127.0.0.1:8088', folder: home },
    models: { file: () => undefined, open: () => { throw new Error('there are no models'); } },
    environment: readEngineEnvironment(),
    product: join(root, 'dist'),
    log: createLog({ level: 'warn' }),
    ...(options.sandbox === undefined ? {} : { sandbox: options.sandbox }),
  });
  await engine.recover();
  onTestFinished(async () => {
    await engine.close('stop');
    db.close();
  });
  const revisions = new Map<string, number>();
  const harness: Harness = {
    home, db, jobs, engine,
    create(definition, { name = 'test', priority = JobPriority.JOB_PRIORITY_NORMAL, files = {} } = {}) {
      let revision = revisions.get(definition);
      if (revision === undefined) {
        revision = readdirSync(home).filter((file) => file.startsWith('revision-')).length + 1;
        revisions.set(definition, revision);
        writeFileSync(revisionFile(revision), definition);
      }
      const { pipeline, findings } = loadPipeline([{ path: 'pipeline.yaml', content: definition }]);
      if (pipeline === undefined) throw new Error(findings.map(({ message }) => message).join('\n'));
      const [id, payloadId] = [newId(), newId()];
      const input = join(home, 'payloads', payloadId, 'input');
      mkdirSync(input, { recursive: true });
      for (const [file, content] of Object.entries(files)) writeFileSync(join(input, file), content);
      db.transaction(() => jobs.create({
        id, name, pipelineId, pipelineRevision: revision, payloadId, priority, createdAt: Date.now(), operators: pipeline.operators.map((operator) => operator.name),
      }));
      return id;
    },
    async submit(definition, submission = {}) {
      const id = harness.create(definition, submission);
      await engine.start(id, submission.variables ?? []);
      return id;
    },
    job(id) {
      return jobs.get(id)!;
    },
    operator(jobId, name) {
      return jobs.operators(jobId).find((operator) => operator.name === name)!;
    },
    async stopped(jobId) {
      await until(() => jobs.get(jobId)!.state === JobState.JOB_STATE_STOPPED, `job ${jobId} to stop`);
      return jobs.get(jobId)!;
    },
    payload(jobId, ...names) {
      return join(home, 'payloads', jobs.get(jobId)!.payloadId, ...names);
    },
    output(jobId, ...names) {
      return harness.payload(jobId, 'operators', ...names);
    },
    async log(jobId, operator) {
      const lines: string[] = [];
      for await (const batch of engine.readLogs(jobId, operator, { follow: false, signal: new AbortController().signal })) lines.push(...batch);
      return lines;
    },
  };
  return harness;
}

/** Waits for a condition, with a deadline. */
export async function until(condition: () => boolean, what: string, deadlineMs = 30_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await sleep(5);
  }
}

/** A definition of host commands: by name a shell script, and the operators whose outputs it reads. Input at /input, output at /output. */
export function shellPipeline(operators: Readonly<Record<string, string | { readonly run: string; readonly after?: readonly string[]; readonly extra?: Readonly<Record<string, unknown>> }>>): string {
  return JSON.stringify({
    'api-version': '0.4.0',
    name: 'test',
    operators: Object.entries(operators).map(([name, operator]) => {
      const { run, after = [], extra = {} } = typeof operator === 'string' ? { run: operator } : operator;
      return {
        name,
        container: { image: 'host', command: ['/bin/sh', '-c', run] },
        input: [{ path: '/input' }, ...after.map((from) => ({ from, path: `/from/${from}` }))],
        output: [{ path: '/output' }],
        ...extra,
      };
    }),
  });
}

export const healthy = { state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_HEALTHY };
export const faulted = { state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_FAULTED };
export const canceled = { state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_CANCELED };
export const terminated = { state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_TERMINATED };
export const evicted = { state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_EVICTED };
export const Status = JobOperatorStatus;
