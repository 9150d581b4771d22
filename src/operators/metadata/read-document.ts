import { createReadStream } from 'node:fs';
import { JSONParser, type ParsedElementInfo } from '@streamparser/json';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { whyNotRead } from '../contract/file-errors.ts';
import { type Attributes } from './json-model.ts';

/** Attributes of an instance with those of its series and its study, and the series that it belongs to. */
export interface InstanceMetadata {
  readonly seriesUid: string;
  readonly attributes: Attributes;
}

const paths = { study: '$.studies.*.attributes', series: '$.studies.*.series.*.attributes', instance: '$.studies.*.series.*.instances.*' };
const seriesUidTag = '0020000E';

/**
 * Reads dicom-metadata.json an instance at a time.
 * @throws ClaraError `not-found` where the file is not there, `failed` where it is something else.
 */
export async function readMetadata(file: string, visit: (instance: InstanceMetadata) => void, signal: AbortSignal): Promise<void> {
  const document = collector(file, visit);
  const parser = new JSONParser({ paths: Object.values(paths), keepStack: false });
  parser.onValue = document.take;
  try {
    for await (const piece of createReadStream(file, { signal }) as AsyncIterable<Buffer>) parser.write(piece);
    if (!parser.isEnded) parser.end();
  } catch (error) {
    if (error instanceof ClaraError || signal.aborted) throw error;
    if (systemCode(error) === 'ENOENT') throw new ClaraError('not-found', `no file ${file}`, { hint: 'the input is the output of dicom-parser', cause: error });
    if (systemCode(error) !== undefined) throw new ClaraError('failed', `${file} cannot be read (${whyNotRead(error)})`, { cause: error });
    throw new ClaraError('failed', `${file} is damaged: ${messageOf(error)}`, { cause: error });
  }
  document.end();
}

/** Puts together what comes in the order of the document: the attributes of a study before its series, those of a series before its instances. */
function collector(file: string, visit: (instance: InstanceMetadata) => void) {
  let study: { readonly index: unknown; readonly attributes: Attributes } | undefined;
  let series: { readonly index: unknown; readonly uid: string; readonly attributes: Attributes } | undefined;
  let seen = false;
  const wrong = (why: string): ClaraError => new ClaraError('failed', `${file} is not as dicom-parser writes it: ${why}`, { hint: 'src/operators/dicom-parser/README.md has the structure' });
  const attributesOf = (value: unknown, what: string): Attributes => {
    if (!isRecord(value) || !Object.values(value).every((attribute) => isRecord(attribute) && typeof attribute['vr'] === 'string' && (attribute['Value'] === undefined || Array.isArray(attribute['Value'])))) {
      throw wrong(`the attributes of ${what} are not in the DICOM JSON model`);
    }
    return value as Attributes;
  };
  return {
    take: ({ value, stack }: ParsedElementInfo): void => {
      seen = true;
      const [studyIndex, seriesIndex] = [stack[2]?.key, stack[4]?.key];
      if (stack.length === 3) {
        study = { index: studyIndex, attributes: attributesOf(value, 'a study') };
        series = undefined;
        return;
      }
      if (study === undefined || study.index !== studyIndex) throw wrong('a study has no attributes before its series');
      if (stack.length === 5) {
        const attributes = { ...study.attributes, ...attributesOf(value, 'a series') };
        const uid = attributes[seriesUidTag]?.Value?.[0];
        if (typeof uid !== 'string') throw wrong('a series has no Series Instance UID (0020000E)');
        series = { index: seriesIndex, uid, attributes };
        return;
      }
      if (series === undefined || series.index !== seriesIndex) throw wrong('a series has no attributes before its instances');
      const own = attributesOf(isRecord(value) ? value['attributes'] : undefined, 'an instance');
      visit({ seriesUid: series.uid, attributes: { ...series.attributes, ...own } });
    },
    end: (): void => {
      if (!seen) throw wrong('no studies');
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
