import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { root } from '../../helpers/run.ts';

const folders = ['templates/pipelines', 'test/fixtures/pipelines'];
const files = folders.flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.yaml')).map((name) => `${folder}/${name}`));

test.each(files)('%s has no finding', (path) => {
  const { pipeline, graph, findings } = loadPipeline([{ path, content: readFileSync(join(root, path), 'utf8') }]);
  expect(findings).toEqual([]);
  expect(graph?.order).toHaveLength(pipeline!.operators.length);
});

test('the bundled pipeline runs its operators one after the other', () => {
  const path = 'templates/pipelines/ct-threshold.yaml';
  const { pipeline, graph } = loadPipeline([{ path, content: readFileSync(join(root, path), 'utf8') }], { arguments: { threshold: '150' } });
  expect(graph?.levels).toEqual([['dicom-reader'], ['threshold-segmentation'], ['volume-preview']]);
  expect(pipeline?.operators[1]?.variables).toMatchObject({ THRESHOLD_LOWER: '150', THRESHOLD_UPPER: '3071' });
});
