import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { environmentOnly, settingSpecs } from '../../src/config/settings.ts';
import { exitCodes } from '../../src/core/errors.ts';
import { eventually } from '../helpers/adapter.ts';
import { startPeer } from '../helpers/dicom-net.ts';
import { missing } from '../helpers/require.ts';
import { root, run, tempDir, type Finished } from '../helpers/run.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The lines of the block that is marked `<!-- test: NAME -->`. */
function block(name: string): string[] {
  const found = new RegExp(`<!-- test: ${name} -->\n\`\`\`bash\n([^]*?)\`\`\``).exec(readme)?.[1];
  if (found === undefined) throw new Error(`README.md has no block for \`${name}\``);
  return found.trimEnd().split('\n');
}

interface Reader {
  readonly folder: string;
  readonly env: Record<string, string>;
  /** Types one line, or a whole block, in one shell; fails with what it printed. */
  type(line: string): Promise<Finished>;
}

/** Somebody who has installed clara and follows the page in a folder of the project, with a study at hand and a port of their own. */
async function reader(): Promise<Reader> {
  const folder = join(tempDir(), 'a clone');
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  for (const program of ['clara', 'clara-wf']) symlinkSync(join(root, 'bin', program), join(bin, program));
  for (const part of ['templates', 'dist']) symlinkSync(join(root, part), join(folder, part));
  const study = join(folder, 'my-study');
  expect(await run(process.execPath, [join(root, 'dist/operators/phantom.js'), study, '--slices', '6', '--size', '64'])).toMatchObject({ exitCode: 0 });
  const env = { CLARA_HOME: join(folder, 'home'), CLARA_HOST: `127.0.0.1:${await freePort()}`, PATH: `${bin}:${process.env.PATH}` };
  onTestFinished(async () => void (await run('clara', ['platform', 'stop', '-y'], { env: { ...process.env, ...env } })));
  const type = async (line: string) => {
    // The page speaks of the default port, which a test must not take.
    const typed = line.replaceAll('<STUDY>', 'my-study').replace(/clara platform start$/m, `clara platform start --port ${env.CLARA_HOST.split(':')[1]}`);
    const finished = await run('bash', ['-euo', 'pipefail', '-c', typed], { cwd: folder, env });
    expect(finished, `${typed}\n${finished.stdout}${finished.stderr}`).toMatchObject({ exitCode: 0 });
    return finished;
  };
  return { folder, env, type };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function pictures(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.png'));
}

describe('the commands of the README do what it says', () => {
  test('by hand', async () => {
    const { folder, type } = await reader();
    const ids = new Map<string, string>();
    for (const line of block('by hand')) {
      const filled = line.replace(/<(PIPELINE_ID|JOB_ID)>/g, (_, label: string) => ids.get(label)!);
      const { stdout } = await type(filled);
      for (const [, label, id] of stdout.matchAll(/^(PIPELINE_ID|JOB_ID):([0-9a-f]{32})$/gm)) ids.set(label!, id!);
    }
    expect(pictures(join(folder, 'out'))).toHaveLength(1);
  });

  test('in one command', async () => {
    const { folder, type } = await reader();
    for (const line of block('run')) await type(line);
    expect(pictures(join(folder, 'out'))).toHaveLength(1);
  });

  test('validate', async () => {
    const { type } = await reader();
    for (const line of block('validate')) await type(line);
  });

  test('operators by hand', async () => {
    const { folder, type } = await reader();
    for (const line of block('operators')) await type(line);
    expect(pictures(join(folder, 'pictures'))).toHaveLength(1);
  });

  test('in a script', async () => {
    const { folder, type } = await reader();
    await type(block('script').join('\n'));
    expect(JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'))).toMatchObject({ state: 'JOB_STATE_STOPPED', status: 'JOB_STATUS_HEALTHY' });
  });

  test.skipIf(missing('dcmtk'))('from the scanner to the PACS', async () => {
    const { folder, env, type } = await reader();
    onTestFinished(async () => void (await run('clara', ['dicom', 'stop'], { env: { ...process.env, ...env } })));
    const [dicom, pacs] = [await freePort(), await freePort()];
    // However full the disk of this machine is.
    const settings = join(env.CLARA_HOME!, 'charts/dicom-adapter/files');
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, 'dicom-server-config.yaml'), 'storage: { watermark-percent: 100, reserve-space-gb: 0 }\n');
    const ids = new Map([['JOB_ID', ''], ['PIPELINE_ID', '']]);
    for (const line of block('dicom')) {
      const filled = line.replaceAll('11112', String(dicom)).replaceAll('11113', String(pacs)).replace('dicom start', 'dicom start --rest-port 0').replace(/<(PIPELINE_ID|JOB_ID)>/, (_, label: string) => ids.get(label)!);
      if (line.endsWith('&')) {
        const [make, serve] = filled.slice(0, -1).split('&&') as [string, string];
        await type(make);
        const [program, ...args] = serve.trim().split(' ');
        await startPeer(program!, args, pacs, folder);
      } else if (line.includes('--watch')) {
        const [job] = await eventually(async () => {
          const jobs = JSON.parse((await type('clara list jobs -o json')).stdout) as { jobId: string; jobName: string }[];
          return readdirSync(join(folder, 'received')).length > 0 && jobs;
        }, 90);
        expect(job!.jobName).toMatch(/^my-ae-title-bone-\d{14}$/);
        ids.set('JOB_ID', job!.jobId);
      } else {
        const { stdout } = await type(filled);
        const [, created] = /^PIPELINE_ID:([0-9a-f]{32})$/m.exec(stdout) ?? [];
        if (created !== undefined) ids.set('PIPELINE_ID', created);
      }
    }
  }, 180_000);

  test('workflows', async () => {
    const { folder, type } = await reader();
    await type(block('workflow').join('\n'));
    expect((await run('clara-wf', ['lint', 'dicom-ai'], { cwd: join(folder, 'my-workflows/test-data'), env: { PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}` } })).exitCode).toBe(0);
  });

  test.skipIf(missing('openssl'))('open to other machines', async () => {
    const { folder, type } = await reader();
    await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'server.key', '-out', 'server.pem', '-days', '2',
      '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { cwd: folder });
    await type(block('tls').join('\n'));
  });
});

describe('what the README lists is so', () => {
  test('exit codes', () => {
    const listed = [...readme.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(new Set(listed)).toEqual(new Set([0, ...Object.values(exitCodes)]));
  });

  test('environment variables', () => {
    const known = [...Object.values(settingSpecs).map(({ env }) => env), ...Object.keys(environmentOnly)];
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed.length).toBeGreaterThan(3);
    expect(listed.filter((name) => !known.includes(name!))).toEqual([]);
  });

  test('links and folders exist', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link!).filter((link) => !link.includes('://'));
    const folders = [...readme.matchAll(/^(src\/\w+|templates\/|test\/) /gm)].map(([, folder]) => folder!);
    expect(folders.length).toBeGreaterThan(8);
    expect([...links, ...folders].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const real = readdirSync(join(root, 'src')).map((name) => `src/${name}`);
    expect(real.filter((folder) => !folders.includes(folder))).toEqual([]);
  });

  test('npm scripts', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm (?:run )?(\w+)/g)].map(([, name]) => name!).filter((name) => !['install', 'pack', 'run'].includes(name));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
