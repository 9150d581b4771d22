import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench } from './runner/bench.ts';
import { chunkBytes, compareTransfer, expectSame, setUpTransfer } from './runner/transfer.ts';

/** How fast one large file comes back. */
export const download: Bench = {
  name: 'download',
  about: '1 GiB against a plain HTTP body piped to a file, and against bare grpc-js; peak memory',
  async run(context) {
    const setup = await setUpTransfer(context);
    const { clara, payloadId, source, hash, kept, received } = setup;
    await clara.run('upload', payloadId, source);
    for (const folder of Object.values(kept)) copyFileSync(source, join(folder, 'file.raw'));
    const target = join(received, 'file.raw');
    await compareTransfer(context, `clara download of ${context.options.sizeMb} MiB`, setup, async () => {
      const finished = await clara.run('download', `${payloadId}:/file.raw`, target);
      await expectSame(target, hash);
      return finished;
    }, (kind) => ({ args: [`get-${kind}`, setup[kind], target, 'file.raw', String(chunkBytes)], remove: target }));
  },
};
