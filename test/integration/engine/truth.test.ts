import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { JobOperatorStatus, JobState, type JobsStatusResponse } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { serverHome, startServer, type TestServer } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { clients, register } from '../platform/helpers.ts';

/** What may be wrong for this long is not false yet, in milliseconds. */
const second = 1000;

interface Life {
  readonly began: number;
  ended: number | undefined;
}

/** Sees operators live and die: each holds a connection as long as any process of it lives, however it ends. */
async function watchOperators(): Promise<{ readonly port: number; life(jobId: string, operator: string): readonly Life[] }> {
  const lives = new Map<string, Life[]>();
  const server = createServer((socket) => {
    let text = '';
    let life: Life | undefined;
    socket.setEncoding('utf8').on('error', () => undefined).on('data', (piece: string) => {
      text += piece;
      if (life !== undefined || !text.includes('\n')) return;
      life = { began: Date.now(), ended: undefined };
      const key = text.split('\n')[0]!;
      lives.set(key, [...(lives.get(key) ?? []), life]);
    });
    socket.on('close', () => {
      if (life !== undefined) life.ended = Date.now();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, life: (jobId, operator) => lives.get(`${jobId} ${operator}`) ?? [] };
}

/** Reproducible randomness (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A small random graph of operators that take a while, fail, leave children behind, or do not want to die. */
function randomDefinition(random: () => number, port: number): string {
  const behaviours = ['', '', '', '', 'exit 1', 'trap "" TERM; sleep 0.3', '(sleep 60 &)', 'trap "exit 0" TERM; sleep 0.5'];
  const size = 1 + Math.floor(random() * 4);
  const operators = Array.from({ length: size }, (_, n) => {
    const from = Array.from({ length: n }, (__, index) => `op${index}`).filter(() => random() < 0.5);
    const behaviour = behaviours[Math.floor(random() * behaviours.length)]!;
    return {
      name: `op${n}`,
      container: { image: 'host', command: ['/bin/bash', '-c', `exec 5<>/dev/tcp/127.0.0.1/${port}; echo $NVIDIA_CLARA_JOBID op${n} >&5; sleep 0.${Math.floor(random() * 5)}; ${behaviour}`] },
      input: from.length === 0 ? [{ path: '/input' }] : from.map((name) => ({ from: name, path: `/from/${name}` })),
      output: [{ path: '/output' }],
    };
  });
  return JSON.stringify({ 'api-version': '0.4.0', name: 'random', operators });
}

test.skipIf(missing('bwrap'))('over random runs with kills and cancels, what describe shows is never false for more than a second', async () => {
  const seed = Number(process.env.CLARA_TEST_SEED ?? Date.now() % 1_000_000);
  const random = randomFrom(seed);
  const operators = await watchOperators();
  const home = serverHome();
  const start = () => startServer({ home, args: ['--timeout-grace', '0.3', '--timeout-default', '4', '--cpus', '4'] });
  let server: TestServer | undefined = await start();
  let upSince = Date.now();
  const definitions: { value: string }[] = [];
  for (let n = 0; n < 6; n += 1) definitions.push(await register(clients(server), randomDefinition(random, operators.port)));

  const jobs: { readonly id: string; readonly shown: Map<string, { readonly status: number; readonly since: number }>; stopped: JobsStatusResponse | undefined; canceled: boolean }[] = [];
  const falsehoods: string[] = [];

  /** Compares one answer with what is known of the operators; only what was so for a second before the question counts. */
  const judge = (job: (typeof jobs)[number], asked: number, answer: JobsStatusResponse) => {
    const settled = (time: number) => Math.max(time, upSince) + second < asked;
    const say = (text: string) => falsehoods.push(`seed ${seed}: job ${job.id}: ${text}`);
    const stopped = answer.state === JobState.JOB_STATE_STOPPED;
    if (job.stopped !== undefined && (job.stopped.state !== answer.state || job.stopped.status !== answer.status)) say('it moved after it had stopped');
    if (stopped) job.stopped = answer;
    const lives = answer.operatorDetails.map(({ name, status }) => {
      const before = job.shown.get(name);
      const since = before?.status === status ? before.since : asked;
      job.shown.set(name, { status, since });
      const life = operators.life(job.id, name);
      if (life.length > 1) say(`${name} ran ${life.length} times`);
      const alive = life.some(({ ended }) => ended === undefined);
      const began = life[0]?.began;
      const ended = alive ? undefined : life[0]?.ended;
      const running = status === JobOperatorStatus.JOB_OPERATOR_STATUS_RUNNING;
      if (alive && !running && settled(began!) && since + second < asked) say(`${name} runs and is shown as ${status}`);
      if (running && ended !== undefined && settled(ended)) say(`${name} has ended and is shown as running`);
      if (running && began === undefined && settled(since)) say(`${name} is shown as running and never began`);
      if (status === JobOperatorStatus.JOB_OPERATOR_STATUS_COMPLETED && began === undefined) say(`${name} is shown as completed and never began`);
      return { alive, began, ended };
    });
    if (stopped && lives.some(({ alive, began }) => alive && settled(began!))) say('it is shown as stopped and an operator runs');
    const lastEnd = Math.max(0, ...lives.map(({ ended }) => ended ?? 0));
    const nothingLeft = lives.every(({ began, alive }) => began !== undefined && !alive);
    if (!stopped && nothingLeft && settled(lastEnd)) say('all of it has ended and it is not shown as stopped');
  };

  const round = async () => {
    const now = server!;
    for (const job of jobs.filter(({ stopped }) => stopped === undefined).concat(jobs.filter(({ stopped }) => stopped !== undefined).slice(-3))) {
      const asked = Date.now();
      judge(job, asked, await clients(now).jobs.status({ jobId: { value: job.id } }));
    }
  };

  const submit = async () => {
    const pipelineId = definitions[Math.floor(random() * definitions.length)]!;
    const { jobId } = await clients(server!).jobs.create({ name: 'random', pipelineId });
    await clients(server!).jobs.start({ jobId });
    jobs.push({ id: jobId!.value, shown: new Map(), stopped: undefined, canceled: false });
  };

  let kills = 0;
  const end = Date.now() + 20_000;
  while (Date.now() < end) {
    const dice = random();
    if (dice < 0.35 && jobs.length < 60) await submit();
    else if (dice < 0.42) {
      const job = jobs[Math.floor(random() * jobs.length)];
      // Not awaited: it may take the grace; what has ended by itself refuses.
      if (job !== undefined && job.stopped === undefined) void clients(server).jobs.cancel({ jobId: { value: job.id } }).catch(() => undefined);
    } else if (dice < 0.46 && kills < 12) {
      kills += 1;
      await server.kill();
      await sleep(random() * 300);
      server = await start();
      upSince = Date.now();
    }
    await round();
    await sleep(random() * 50);
  }
  const deadline = Date.now() + 30_000;
  while (jobs.some(({ stopped }) => stopped === undefined) && Date.now() < deadline) {
    await round();
    await sleep(50);
  }
  expect(falsehoods).toEqual([]);
  expect(jobs.filter(({ stopped }) => stopped === undefined)).toEqual([]);
  expect(kills).toBeGreaterThan(2);
  expect(jobs.length).toBeGreaterThan(20);
}, 600_000);
