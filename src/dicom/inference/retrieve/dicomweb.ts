import { ClaraError } from '../../../core/errors.ts';
import { isUid } from '../../uids/well-known.ts';
import { type WebResource } from '../request/request.ts';
import { boundaryOf, MultipartReader } from './multipart.ts';
import { InstanceLook, NoRoom, storeBytes, type StoreOptions, type Wanted } from './store-instance.ts';
import { AnswerError, type Answer, type WebClient } from './web-client.ts';

export interface SourceOptions extends StoreOptions {
  readonly web: WebClient;
  readonly signal: AbortSignal;
}

/** How many instances an answer had, and how many of them were new. */
export interface Retrieved {
  readonly instances: number;
  readonly added: number;
}

/** As stored, in whatever transfer syntax (PS3.18 8.7.3.5.2); some servers do not know the `*`. */
const acceptAny = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const acceptPlain = 'multipart/related; type="application/dicom"';

/** A QIDO answer has some hundred bytes for each study. */
const mostQueryBytes = 32 * 1024 * 1024;
const mostPages = 1000;

/** Retrieves a study, a series or an instance (WADO-RS, PS3.18 10.4) into files. */
export async function retrieveDicom({ uri, authorization }: WebResource, wanted: Wanted, options: SourceOptions): Promise<Retrieved> {
  const path = `studies/${wanted.study}${wanted.series === undefined ? '' : `/series/${wanted.series}`}${wanted.instance === undefined ? '' : `/instances/${wanted.instance}`}`;
  const ask = (accept: string) => options.web.get(`${uri}${path}`, { accept, authorization, signal: options.signal });
  const answer = await ask(acceptAny).catch((thrown: unknown) => {
    if (thrown instanceof AnswerError && [400, 406].includes(thrown.status)) return ask(acceptPlain);
    throw thrown;
  });
  try {
    return await storeAnswer(answer, wanted, options);
  } finally {
    answer.discard();
  }
}

async function storeAnswer(answer: Answer, wanted: Wanted, options: SourceOptions): Promise<Retrieved> {
  if (answer.status === 204) throw new ClaraError('failed', 'the answer has no content');
  const boundary = boundaryOf(answer.contentType);
  if (boundary === undefined) {
    if (!/^application\/dicom\s*(;|$)/i.test(answer.contentType)) throw new ClaraError('failed', `the answer is ${named(answer.contentType)} instead of DICOM files`);
    return { instances: 1, added: Number(await storeBytes(answer.body, options, new InstanceLook(wanted))) };
  }
  const reader = new MultipartReader(answer.body, boundary);
  let [instances, added] = [0, 0];
  let failure: { readonly thrown: unknown } | undefined;
  for (let part = await reader.next(); part !== undefined; part = await reader.next()) {
    instances += 1;
    try {
      if (await storeBytes(part.data, options, new InstanceLook(wanted))) added += 1;
    } catch (thrown) {
      // One that cannot be used does not keep the others.
      if (!(thrown instanceof ClaraError) || thrown.kind === 'unreachable' || thrown instanceof NoRoom) throw thrown;
      failure ??= { thrown };
    }
  }
  if (failure !== undefined) throw failure.thrown;
  if (instances === 0) throw new ClaraError('failed', 'the answer has no instances');
  return { instances, added };
}

/** What a study is searched by: PatientID or AccessionNumber. */
export interface Query {
  readonly tag: '00100020' | '00080050';
  readonly value: string;
}

/** The studies that match (QIDO-RS, PS3.18 10.6), each once. A server that ignores what it is asked is not believed. */
export async function findStudies({ uri, authorization }: WebResource, { tag, value }: Query, { web, signal }: SourceOptions): Promise<string[]> {
  const found = new Set<string>();
  for (let page = 0, offset = 0; page < mostPages; page += 1) {
    const search = new URLSearchParams({ [tag]: value, ...(offset === 0 ? {} : { offset: String(offset) }) });
    const answer = await web.get(`${uri}studies?${search.toString()}`, { accept: 'application/dicom+json', authorization, signal });
    const entries = await readEntries(answer);
    const known = found.size;
    for (const entry of entries) {
      const study = textOf(entry, '0020000D');
      const own = textOf(entry, tag);
      if (study !== undefined && isUid(study) && (own === undefined || own === value)) found.add(study);
    }
    offset += entries.length;
    // PS3.18 8.3.4.4: a warning says that there is more than the server sends at once.
    if (entries.length === 0 || found.size === known || !answer.warning.startsWith('299')) break;
  }
  return [...found];
}

async function readEntries(answer: Answer): Promise<Record<string, unknown>[]> {
  if (answer.status === 204) {
    answer.discard();
    return [];
  }
  try {
    if (!/^application\/(dicom\+)?json\s*(;|$)/i.test(answer.contentType)) throw new ClaraError('failed', `the answer to a search is ${named(answer.contentType)} instead of JSON`);
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of answer.body) {
      bytes += piece.length;
      if (bytes > mostQueryBytes) throw new ClaraError('failed', `the answer to a search is longer than ${mostQueryBytes} bytes`);
      pieces.push(piece);
    }
    return parseEntries(Buffer.concat(pieces).toString('utf8'));
  } finally {
    answer.discard();
  }
}

function parseEntries(text: string): Record<string, unknown>[] {
  let entries: unknown;
  try {
    entries = text.trim() === '' ? [] : JSON.parse(text);
  } catch {
    throw new ClaraError('failed', 'the answer to a search is not valid JSON');
  }
  if (!Array.isArray(entries)) throw new ClaraError('failed', 'the answer to a search is no list');
  return entries.filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null);
}

/** The first value of an attribute (PS3.18 F.2), without padding. */
function textOf(entry: Record<string, unknown>, tag: string): string | undefined {
  const attribute = Object.entries(entry).find(([key]) => key.toUpperCase() === tag)?.[1] as { readonly Value?: readonly unknown[] } | null | undefined;
  const value = attribute?.Value?.[0];
  return typeof value === 'string' ? value.trim() : undefined;
}

function named(contentType: string): string {
  return contentType === '' ? 'of no type' : contentType.slice(0, 60).replace(/[^\x20-\x7e]/g, '?');
}
