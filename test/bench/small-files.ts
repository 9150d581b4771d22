import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { PayloadsService } from '../../src/api/services.ts';
import { type Bench } from './runner/bench.ts';
import { Clara, runProgram, startPlatform } from './runner/programs.ts';
import { type Workspace } from './runner/workspace.ts';

const [files, bytes, perFolder] = [10_000, 4096, 500];
const what = '10,000 files of 4 KiB';

/**
 * What a file costs beside its bytes. Nothing is deleted between two runs: for seconds afterwards ext4 looks at every
 * inode that was freed before it gives out another, and that would be measured.
 */
export const smallFiles: Bench = {
  name: 'small-files',
  about: `${what} against the same bytes in one file, up and down`,
  async run(context) {
    const { workspace } = context;
    const { target, connection } = await startPlatform(workspace);
    const clara = new Clara(workspace, target);
    const payloads = connection.service(PayloadsService);
    const [many, one, received] = [workspace.makeFolder('many'), workspace.makeFolder('one'), workspace.makeFolder('received')];
    for (let index = 0; index < files; index += 1) {
      const folder = join(many, `series-${Math.floor(index / perFolder)}`);
      if (index % perFolder === 0) mkdirSync(folder);
      writeFileSync(join(folder, `${index}.dcm`), randomBytes(bytes));
    }
    writeFileSync(join(one, 'file.raw'), randomBytes(files * bytes));
    const newPayload = async () => (await payloads.create({})).payloadId!.value;

    const send = (folder: string) => async () => {
      const payloadId = await newPayload();
      return (await clara.run('upload', payloadId, folder)).ms;
    };
    const peer = { name: 'one file of as many bytes', goal: { atMost: 3 } };
    // What the file system takes for itself; a file received is not synced, one stored is.
    const bare = (name: string, sync: boolean) => ({ name, goal: { atMost: 2 }, run: () => createFiles(workspace, sync) });
    await context.compare({ what: `clara upload of ${what}`, of: 'time', pairs: 5, warmUp: true, product: send(many), peers: [{ ...peer, run: send(one) }, bare('as many files created, renamed, synced together', true)] });

    let runs = 0;
    const fetched = async (folder: string) => {
      const payloadId = await newPayload();
      await clara.run('upload', payloadId, folder);
      return async () => {
        runs += 1;
        return (await clara.run('download', `${payloadId}:/`, join(received, String(runs)))).ms;
      };
    };
    await context.compare({ what: `clara download of ${what}`, of: 'time', pairs: 5, warmUp: true, product: await fetched(many), peers: [{ ...peer, run: await fetched(one) }, bare('as many files created, renamed', false)] });
  },
};

/** Creates the files without any product; resolves to the milliseconds that it took. */
async function createFiles(workspace: Workspace, sync: boolean): Promise<number> {
  const folder = workspace.makeFolder('bare');
  for (let index = 0; index < files; index += perFolder) mkdirSync(join(folder, String(index / perFolder)));
  const content = randomBytes(bytes);
  const started = performance.now();
  for (let index = 0; index < files; index += 1) {
    const part = join(folder, `${index}.part`);
    writeFileSync(part, content, { flag: 'wx' });
    renameSync(part, join(folder, String(Math.floor(index / perFolder)), `${index}.dcm`));
  }
  if (sync) await runProgram('sync', ['-f', folder]);
  return performance.now() - started;
}
