import { type Connection } from '../../../api/client.ts';
import { ensureLocalPlatform } from '../../../actions/local-platform.ts';
import { openConnection } from '../../../terminal/connect.ts';
import { type Context } from '../../../terminal/context.ts';
import { localPlatform } from '../../platform/place.ts';

/** Works with the platform that the settings name; a local one is started where none runs, and goes on afterwards. */
export async function withPlatform(context: Context, work: (connection: Connection) => Promise<void>): Promise<void> {
  const settings = await context.settings();
  const { io, signal } = context;
  const progress = await io.progress('looking for the platform');
  const { target, started } = await ensureLocalPlatform(await localPlatform(context), {
    target: settings.host, named: settings.resolved.host.source !== 'default',
  }, { signal, onWaiting: () => io.note('waiting for a platform that is just starting or stopping') }).finally(() => progress.stop());
  if (started) io.note(`started the local platform at ${target}; \`clara platform stop\` ends it`);
  const connection = await openConnection({ ...settings, host: target }, io);
  try {
    await work(connection);
  } finally {
    connection.close();
  }
}
