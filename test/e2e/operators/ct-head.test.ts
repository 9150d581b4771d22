import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { ctHead, tempDir } from '../../helpers/run.ts';
import { ctHeadFacts, filesEnding, operator, sha256 } from './helpers.ts';

const { uid } = ctHeadFacts;

test.skipIf(missing('ct-head'))('a real study becomes the volume, the mask and the picture that it should', async () => {
  const folder = tempDir();
  const [volumes, masks, pictures] = ['volumes', 'masks', 'pictures'].map((name) => join(folder, name)) as [string, string, string];

  const reader = await operator('dicom-reader', ['--input', ctHead, '--output', volumes]);
  expect(reader).toMatchObject({ exitCode: 0 });
  expect(reader.stderr).toContain('uneven slice gaps: 13 × 4.0019 mm, 1 × 1.0811 mm, 13 × 6.9986 mm');
  expect(reader.stderr).toContain('gantry tilt of +18.5°');
  expect(reader.stdout + reader.stderr).not.toMatch(/REMOVED|QMNx85rKkkg/);
  expect(await sha256(join(volumes, `${uid}.raw`))).toBe(ctHeadFacts.sha256);

  const segmentation = await operator('threshold-segmentation', ['--input', volumes, '--output', masks]);
  expect(segmentation).toMatchObject({ exitCode: 0 });
  const report = JSON.parse(readFileSync(join(masks, `${uid}.json`), 'utf8')) as { labels: object[]; spacing: { even: boolean } };
  expect(report.labels).toEqual([{ value: 1, voxels: 424_982, volumeMl: expect.closeTo(530.999, 2) as number }]);
  expect(report.spacing.even).toBe(false);

  const preview = await operator('volume-preview', ['--input', volumes, '--mask', masks, '--output', pictures]);
  expect(preview).toMatchObject({ exitCode: 0, stderr: '' });
  expect(filesEnding(pictures, '.png')).toEqual([`${uid}.png`]);
});
