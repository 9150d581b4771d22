import { stat } from 'node:fs/promises';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type InstanceFate } from '../../store/exports.ts';
import { type FetchedFile } from '../fetch.ts';
import { parseStoreAnswer } from './answer.ts';
import { bodyOf } from './body.ts';
import { askServer, statusLine, type WebAnswer, type WebServer, type WebTimeouts } from './request.ts';

export interface WebSendOptions {
  readonly timeouts: WebTimeouts;
  readonly signal: AbortSignal;
  /** What became of a file, as soon as it is known. */
  readonly onFate?: (fate: InstanceFate) => void;
}

/** Instances of one request (dicom-adapter 10), and how many bytes it may have unless a single instance has more. */
const mostInstances = 10;
const mostBytes = 256 * 1024 * 1024;

/**
 * Sends files to a DICOMweb server (STOW-RS, PS3.18 10.5), a few at a time. Never throws: what keeps a file from being stored
 * is its fate. A server that cannot be reached, or does not let us in, is not asked again for the rest.
 */
export async function sendToWeb(server: WebServer, files: readonly FetchedFile[], options: WebSendOptions): Promise<InstanceFate[]> {
  const fates: InstanceFate[] = [];
  let given: Fate | undefined;
  for await (const batch of batchesOf(files)) {
    const asked: Asked = given === undefined ? await ask(server, batch, options) : { kind: 'over', fate: given };
    if (asked.kind === 'over') given = asked.fate;
    for (const file of batch) {
      const fate = { uri: file.uri, sopInstance: file.meta.sopInstance, ...(asked.kind === 'each' ? asked.of(file) : asked.fate) };
      fates.push(fate);
      options.onFate?.(fate);
    }
  }
  return fates;
}

type Fate = Pick<InstanceFate, 'delivered' | 'status' | 'isFinal' | 'error'>;

/** What a request came to. */
type Asked =
  | { readonly kind: 'each'; readonly of: (file: FetchedFile) => Fate }
  /** The same for all of them. */
  | { readonly kind: 'all'; readonly fate: Fate }
  /** And for those that have not been sent. */
  | { readonly kind: 'over'; readonly fate: Fate };

async function ask(server: WebServer, batch: readonly FetchedFile[], { timeouts, signal }: WebSendOptions): Promise<Asked> {
  try {
    const answer = await askServer(server, { method: 'POST', path: '/studies', accept: 'application/dicom+json', body: await bodyOf(batch), timeouts, signal });
    return fatesOf(answer, new URL(server.url).origin);
  } catch (thrown) {
    return { kind: 'over', fate: { delivered: false, status: messageOf(thrown), ...(thrown instanceof ClaraError ? { error: thrown } : {}) } };
  }
}

/** What an answer means for the instances of its request (PS3.18 table 10.5.3-1): 200 all are stored, 202 some, 409 none. */
export function fatesOf({ status, text }: WebAnswer, origin: string): Asked {
  const said = `${origin} answered ${statusLine(status)}`;
  if (status === 200 || status === 202 || status === 409) {
    const answer = parseStoreAnswer(text);
    return {
      kind: 'each',
      of: ({ meta: { sopInstance } }) => {
        const why = answer?.failed.get(sopInstance);
        if (why !== undefined) return { delivered: false, status: `${said}: ${why}` };
        const isStored = answer === undefined ? status === 200 : answer.stored.has(sopInstance);
        return isStored ? { delivered: true, status: 'stored' } : { delivered: false, status: `${said} and does not name the instance as stored` };
      },
    };
  }
  const isBusy = status >= 500 || status === 408 || status === 429;
  // What the server does not want now, it will not want in a moment either.
  const fate = { delivered: false, status: said, isFinal: !isBusy };
  return { kind: isBusy || [401, 403, 404, 405].includes(status) ? 'over' : 'all', fate };
}

/** So many at a time as a request may have. */
async function* batchesOf(files: readonly FetchedFile[]): AsyncGenerator<readonly FetchedFile[]> {
  let batch: FetchedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const size = await stat(file.path).then((found) => found.size, () => 0);
    if (batch.length > 0 && (batch.length >= mostInstances || bytes + size > mostBytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(file);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
