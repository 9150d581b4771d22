#!/usr/bin/env node
/**
 * npm run demo [-- DICOM_DIR]: a CT study through a pipeline, from nothing to pictures, with the commands that a user
 * would type; each is echoed before it runs. Everything happens in a folder of its own below demo-out/.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
createRequire(import.meta.url)('./check.js')('load.cjs');

/** A step that did not end well; the step itself has said why. */
class StepFailed extends Error {
  constructor(code) {
    super(`ended with ${code}`);
    this.code = code;
  }
}

const given = process.argv[2] === undefined ? undefined : resolve(process.argv[2]);
if (given !== undefined && !existsSync(given)) {
  console.error(`error: there is no folder ${given}`);
  process.exit(4);
}
const folder = newFolder();
const env = { ...process.env, CLARA_HOME: join(folder, 'home') };
// What would lead the commands elsewhere.
for (const name of ['CLARA_HOST', 'CLARA_CONFIG', 'CLARA_TLS_CA', 'CLARA_TOKEN_FILE']) delete env[name];
let interruptedBy;
let running;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interruptedBy ??= signal;
    // Ctrl-C reaches the step by itself: the terminal sends it to everybody.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) running?.kill(signal);
  });
}

/** `demo-out/2026-03-08T18-06-31`, with a number behind it where that exists. */
function newFolder() {
  const name = join(process.cwd(), 'demo-out', new Date().toISOString().slice(0, 19).replaceAll(':', '-'));
  let folder = name;
  for (let next = 2; existsSync(folder); next += 1) folder = `${name}-${next}`;
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A path as it is shown: short, and from where the user is. */
function short(path) {
  const here = relative(process.cwd(), path);
  return here.startsWith('..') || here === '' ? path : here;
}

const shown = (word) => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Runs one step on our terminal; with `keep` it returns what it printed as its result. */
function step(words, program, args, keep = false) {
  console.log(`\n$ ${words.map(shown).join(' ')}`);
  return new Promise((resolveStep, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['inherit', keep ? 'pipe' : 'inherit', 'inherit'] });
    running = child;
    let result = '';
    child.stdout?.on('data', (chunk) => {
      result += chunk;
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running = undefined;
      if (code === 0 && interruptedBy === undefined) resolveStep(result);
      else reject(new StepFailed(code ?? 128 + constants.signals[signal]));
    });
  });
}

/** `clara …`, as if typed. */
const clara = (...args) => step(['clara', ...args], join(root, 'bin/clara'), args);

/** The same, for what stands behind a label in its output: `LABEL:value` or `LABEL:  value`. */
async function valueFrom(label, ...args) {
  const output = await step(['clara', ...args], join(root, 'bin/clara'), args, true);
  const value = new RegExp(`^${label}: *(\\S+)`, 'm').exec(output)?.[1];
  if (value === undefined) throw new Error(`the output has no ${label}`);
  return value;
}

/** A phantom where no folder was given. */
async function makeStudy() {
  const study = join(folder, 'phantom');
  const phantom = join(root, 'dist/operators/phantom.js');
  await step(['node', short(phantom), short(study)], phantom, [study]);
  return study;
}

async function main() {
  const output = join(folder, 'output');
  console.log('A CT study through a pipeline: DICOM files to a volume, the volume to a mask of the bone, both to a picture.');
  console.log('Not for diagnosis.\n');
  console.log(`$ export CLARA_HOME=${shown(short(env.CLARA_HOME))}`);
  env.CLARA_HOST = await valueFrom('API', 'platform', 'start', '--port', '0');
  console.log(`\n$ export CLARA_HOST=${env.CLARA_HOST}`);
  const study = given ?? (await makeStudy());
  const pipeline = await valueFrom('PIPELINE_ID', 'create', 'pipelines', '-p', short(join(root, 'templates/pipelines/ct-threshold.yaml')));
  const job = await valueFrom('JOB_ID', 'create', 'job', '-n', 'demo', '-p', pipeline);
  await clara('upload', job, short(study));
  await clara('start', 'job', '-j', job);
  await clara('watch', job);
  await clara('download', `${job}:/operators/*`, short(output));
  const pictures = readdirSync(output, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.png')).map((name) => join(output, name));
  if (pictures.length === 0) throw new Error(`no picture came out of the pipeline (${short(output)})`);
  return { output, pictures };
}

/** Stops the platform, whatever went before; says what is left where that does not work either. */
async function stopPlatform() {
  if (!existsSync(join(folder, 'home/platform'))) return true;
  interruptedBy = undefined;
  try {
    await clara('platform', 'stop', '-y');
    return true;
  } catch {
    console.error(`error: the platform in ${short(env.CLARA_HOME)} could not be stopped`);
    return false;
  }
}

let code = 0;
try {
  const { output, pictures } = await main();
  if (!(await stopPlatform())) code = 1;
  console.log(`\nOutput:  ${short(output)}`);
  for (const picture of pictures) console.log(`Picture: ${short(picture)} (${Math.ceil(statSync(picture).size / 1024)} kB)`);
} catch (thrown) {
  const signal = interruptedBy;
  code = signal !== undefined ? 128 + constants.signals[signal] : thrown instanceof StepFailed ? thrown.code : 1;
  if (!(thrown instanceof StepFailed)) console.error(`error: ${thrown.message}`);
  await stopPlatform();
  console.error(`\n${signal === undefined ? 'The demo failed' : 'The demo was interrupted'}. Left behind: ${short(folder)} (home of the platform with its log, and what was made so far).`);
}
process.exitCode = code;
