import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { root } from '../../helpers/run.ts';

const folders = ['templates/pipelines', 'test/fixtures/pipelines'];
const files = folders.flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.yaml')).map((name) => `${folder}/${name}`));

/** Loads a definition of the project with what it imports. */
function load(path: string, given: Readonly<Record<string, string>> = {}) {
  const find = (other: string) => (existsSync(join(root, other)) ? { content: readFileSync(join(root, other), 'utf8') } : undefined);
  return loadPipeline([{ path, content: readFileSync(join(root, path), 'utf8') }], { find, arguments: given });
}

// What services show off is deprecated, and says so.
test.each(files)('%s has no finding', (path) => {
  const { pipeline, graph, findings } = load(path);
  expect(findings.map(({ code }) => code)).toEqual(path.endsWith('/shared-service.yaml') ? ['deprecated-services'] : []);
  expect(graph?.order).toHaveLength(pipeline!.operators.length);
});

test('the bundled pipeline runs its operators one after the other', () => {
  const { pipeline, graph } = load('templates/pipelines/ct-threshold.yaml', { threshold: '150' });
  expect(graph?.levels).toEqual([['dicom-reader'], ['threshold-segmentation'], ['volume-preview']]);
  expect(pipeline?.operators[1]?.variables).toMatchObject({ THRESHOLD_LOWER: '150', THRESHOLD_UPPER: '3071' });
});
