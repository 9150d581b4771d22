import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZipFile } from 'yazl';

/**
 * A stand-in for Triton, for machines without its image: it takes the same command, reports ready on Triton's health route once
 * every model of the repository has a numbered version, and answers with the files that it sees. It infers nothing.
 */
const program = `
  const { createServer } = require('node:http');
  const { readdirSync } = require('node:fs');
  const repository = /^--model-repository=(.*)$/.exec(process.argv[3])[1];
  const files = () => readdirSync(repository, { recursive: true }).map(String).sort();
  const ready = () => readdirSync(repository).every((model) => files().some((file) => file.startsWith(model + '/1/')));
  console.log('serving', readdirSync(repository).join(' '));
  if (!ready()) console.log('a model has no version');
  const answer = (request, response) => {
    if (request.url === '/v2/health/ready') response.writeHead(ready() ? 200 : 400).end();
    else response.end(files().join('\\n'));
  };
  for (const port of [8000, 8001]) createServer(answer).listen(port);
  process.on('SIGTERM', () => process.exit());
`;

export const tritonImage = 'clara-test/triton:stand-in';

/** Builds the stand-in from node-base:local. */
export function buildTriton(): void {
  const context = mkdtempSync(join(tmpdir(), 'clara-triton-'));
  try {
    writeFileSync(join(context, 'serve.cjs'), program);
    writeFileSync(join(context, 'Dockerfile'), 'FROM node-base:local\nCOPY serve.cjs /serve.cjs\nENTRYPOINT ["node", "/serve.cjs"]\n');
    execFileSync('docker', ['build', '--quiet', '--tag', tritonImage, context], { env: { ...process.env, DOCKER_BUILDKIT: '0' }, stdio: ['ignore', 'ignore', 'pipe'] });
  } finally {
    rmSync(context, { recursive: true });
  }
}

/** An archive of files, as clients upload models. */
export async function zip(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name);
  archive.end();
  const pieces: Buffer[] = [];
  for await (const piece of archive.outputStream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
