import { metadataLimits } from '../../core/metadata.ts';
import { tagKey } from '../entities/tag.ts';
import { DicomFile } from '../part10/file.ts';
import { DataSetScanner } from '../part10/scan-data-set.ts';

/** Key under which a job carries the id of its submission, beside the keys of the original. */
export const submissionKey = 'Submission';

/**
 * The values of tags in files, as metadata of a job (dicom-adapter 9.2): `GGGGEEEE` where all files agree, `GGGGEEEE-0`, `-1`…
 * in the order of discovery where they do not. Blank values are left out, long ones cut.
 */
export async function tagMetadata(paths: readonly string[], tags: readonly number[]): Promise<Record<string, string>> {
  const values = new Map(tags.map((tag) => [tag, new Set<string>()]));
  for (const path of paths) {
    const scanner = await scan(path, tags);
    for (const [tag, found] of values) {
      const value = cut(scanner.text(tag) ?? '');
      if (value !== '') found.add(value);
    }
  }
  return Object.fromEntries([...values].flatMap(([tag, found]) => [...found].map((value, index) => [found.size === 1 ? tagKey(tag) : `${tagKey(tag)}-${index}`, value])));
}

async function scan(path: string, tags: readonly number[]): Promise<DataSetScanner> {
  const file = await DicomFile.open(path);
  try {
    const scanner = new DataSetScanner(file.meta.transferSyntax, tags);
    for await (const piece of file.dataSet()) {
      await scanner.push(piece);
      if (scanner.isDone) break;
    }
    scanner.end();
    return scanner;
  } finally {
    await file.close();
  }
}

/** As long as metadata may be, and no half character. */
function cut(text: string): string {
  let short = text.trim().slice(0, metadataLimits.valueBytes);
  while (Buffer.byteLength(short) > metadataLimits.valueBytes) short = short.slice(0, -1);
  return short.replace(/[\ud800-\udbff]$/, '');
}
