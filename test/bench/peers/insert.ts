import { join } from 'node:path';
import { fastify } from 'fastify';
import { openDatabase } from '../../../src/system/database/sqlite.ts';

/** What a queue over HTTP cannot do without: fastify and one insert a request, as safe on the disk as the platform's. Resolves to `host:port`. */
export async function serveInsert(folder: string): Promise<string> {
  const db = openDatabase(join(folder, 'insert.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE tasks (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;');
  const app = fastify();
  app.post('/tasks', ({ body }) => {
    db.prepare('INSERT INTO tasks (body) VALUES (?)').run(JSON.stringify(body));
    return { stored: true };
  });
  return (await app.listen({ host: '127.0.0.1', port: 0 })).replace('http://', '');
}
