import { open } from 'node:fs/promises';
import { data } from 'dcmjs';
import { ClaraError } from '../../core/errors.ts';
import { deflatedSyntax } from '../../pixels/transfer-syntaxes.ts';
import { whyNotRead } from '../contract/file-errors.ts';
import { type ImageFile, type Slice } from '../dicom/instances/instance.ts';
import { readExactly } from '../volume/volume-reader.ts';
import { frameAttributes } from './attributes.ts';
import { type Elements } from './elements.ts';
import { prepareTexts } from './texts.ts';

/** Reads the attributes of originals before their pixels; those of a multi-frame file once for its frames. */
export function originalReader(): (slice: Slice) => Promise<Elements> {
  let last: { readonly path: string; readonly elements: Elements } | undefined;
  return async ({ image, frame }) => {
    if (last?.path !== image.path) last = { path: image.path, elements: await attributesOf(image) };
    return frameAttributes(last.elements, frame);
  };
}

async function attributesOf(image: ImageFile): Promise<Elements> {
  try {
    const bytes = await head(image);
    // A deflated data set cannot be changed before it is read.
    const finish = image.pixels.transferSyntax === deflatedSyntax ? (elements: Elements) => elements : prepareTexts(bytes);
    return finish(data.DicomMessage.readFile(bytes.buffer, { untilTag: '7FE00010', includeUntilTagValue: false }).dict as Elements);
  } catch (error) {
    throw new ClaraError('failed', `${image.name} cannot be read (${whyNotRead(error)})`, { cause: error });
  }
}

/** The file up to its pixels. Where the data set is deflated, that they begin somewhere is known only of what it inflates to. */
async function head({ path, name, pixels }: ImageFile): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path, 'r');
  try {
    const length = pixels.transferSyntax === deflatedSyntax ? (await file.stat()).size : pixels.offset;
    const bytes = new Uint8Array(length);
    await readExactly(file, bytes, 0, name);
    return bytes;
  } finally {
    await file.close();
  }
}
