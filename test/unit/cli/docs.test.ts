import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedParts } from '../../helpers/cli-reference.ts';
import { root } from '../../helpers/run.ts';

/** The pages are written by hand, these parts of them from the declarations. */
test.each(generatedParts())('docs/%s is up to date: %s', (pageName, name, wanted) => {
  const file = join(root, 'docs', pageName);
  const page = readFileSync(file, 'utf8');
  const marked = new RegExp(`(<!-- ${name}: generated -->\n)([^]*?)(\n<!-- end -->)`);
  expect(page).toMatch(marked);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, page.replace(marked, (_, before: string, _old: string, after: string) => before + wanted + after));
  expect(marked.exec(readFileSync(file, 'utf8'))![2], 'UPDATE_GOLDEN=1 npx vitest run --config .config/vitest.mjs test/unit/cli/docs.test.ts writes it').toBe(wanted);
});
