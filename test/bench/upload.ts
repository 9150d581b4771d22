import { join } from 'node:path';
import { type Bench } from './runner/bench.ts';
import { chunkBytes, compareTransfer, expectSame, setUpTransfer } from './runner/transfer.ts';

/** How fast one large file gets to the platform. */
export const upload: Bench = {
  name: 'upload',
  about: '1 GiB against a plain HTTP body piped to a file, and against bare grpc-js; peak memory',
  async run(context) {
    const setup = await setUpTransfer(context);
    const { clara, payloadId, source, hash, stored, kept } = setup;
    await compareTransfer(context, `clara upload of ${context.options.sizeMb} MiB`, setup, async () => {
      const finished = await clara.run('upload', payloadId, source);
      await expectSame(join(stored, 'file.raw'), hash);
      return finished;
    }, (kind) => ({ args: [`send-${kind}`, setup[kind], source, 'file.raw', String(chunkBytes)], remove: join(kept[kind], 'file.raw') }));
  },
};
