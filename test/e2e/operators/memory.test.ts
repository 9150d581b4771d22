import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run, tempDir } from '../../helpers/run.ts';
import { ctAttributes, writeDicom } from './dicom.ts';

const size = 512;

/** A series of full-sized slices with something to segment in each. */
function writeSeries(folder: string, slices: number): void {
  for (let index = 0; index < slices; index++) {
    const pixels = Int16Array.from({ length: size * size }, (_, at) => ((at % size) % 97 < 40 ? 500 : -500) + ((at * 7 + index) % 50));
    writeDicom(join(folder, `${index}.dcm`), ctAttributes(index, { Rows: size, Columns: size, PixelData: pixels.buffer }));
  }
}

/** Peak resident memory of an operator's run, MiB. */
async function peak(name: string, args: readonly string[]): Promise<number> {
  const report = 'data:text/javascript,process.on("exit",()=>process._rawDebug("peak",process.resourceUsage().maxRSS))';
  const result = await run(process.execPath, ['--import', report, join(root, `dist/operators/${name}.js`), ...args]);
  expect(result.exitCode).toBe(0);
  return Number(/^peak (\d+)$/m.exec(result.stderr)?.[1]) / 1024;
}

test('memory does not grow with the series: ten times the slices take a small part of them more', async () => {
  const folder = tempDir();
  const peaks: Record<string, number[]> = { 'dicom-reader': [], 'threshold-segmentation': [], 'volume-preview': [], 'dicom-parser': [], 'dicom-parser, nii.gz': [], 'series-selector': [], 'dicom-writer': [], 'dicom-writer --type seg': [] };
  for (const slices of [28, 280]) {
    const at = (name: string): string => join(folder, `${name}-${slices}`);
    writeSeries(at('in'), slices);
    peaks['dicom-reader']!.push(await peak('dicom-reader', ['--input', at('in'), '--output', at('volume')]));
    peaks['threshold-segmentation']!.push(await peak('threshold-segmentation', ['--input', at('volume'), '--output', at('mask')]));
    peaks['volume-preview']!.push(await peak('volume-preview', ['--input', at('volume'), '--mask', at('mask'), '--output', at('picture')]));
    peaks['dicom-writer']!.push(await peak('dicom-writer', ['--input', at('mask'), '--dicom', at('in'), '--output', at('series')]));
    peaks['dicom-writer --type seg']!.push(await peak('dicom-writer', ['--type', 'seg', '--input', at('mask'), '--dicom', at('in'), '--output', at('object')]));
    peaks['dicom-parser']!.push(await peak('dicom-parser', ['--input', at('in'), '--output', at('parsed')]));
    peaks['dicom-parser, nii.gz']!.push(await peak('dicom-parser', ['--input', at('in'), '--output', at('parsed-nii'), '--image-format', 'nii.gz']));
    peaks['series-selector']!.push(await peak('series-selector', ['--input', at('parsed'), '--output', at('selected'), '--rules-base64', '{"selections": [{"conditions": {"Modality": "/CT/"}}]}']));
  }
  const seriesMiB = (280 * size * size * 2) / 2 ** 20;
  for (const [name, [few, many]] of Object.entries(peaks)) {
    console.log(`${name}: ${few!.toFixed(0)} MiB for 28 slices, ${many!.toFixed(0)} MiB for 280 (ratio ${(many! / few!).toFixed(2)})`);
    // What is made of attributes and in compressing lies about until the young generation of the heap is full, which takes more than the shorter series.
    expect(many! - few!, name).toBeLessThan(seriesMiB / (/^dicom-writer|^series-selector|nii\.gz/.test(name) ? 3 : 10));
  }
}, 600_000);
