import { expect, test } from 'vitest';
import { adapterPlace } from './place.ts';

test('the page about the REST API, and its description of every route', async () => {
  const { start } = adapterPlace();
  const { rest } = await start();
  const page = await fetch(`http://${rest}/swagger`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js', 'index.css']) expect((await fetch(`http://${rest}/swagger/static/${asset}`)).status, asset).toBe(200);
  const described = await (await fetch(`http://${rest}/swagger/v1/swagger.json`)).json() as { info: { title: string }; paths: Record<string, Record<string, { summary?: string; tags?: string[]; responses: Record<string, unknown> }>> };
  expect(described.info.title).toBe('DICOM Adapter');
  const routes = Object.entries(described.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  for (const kind of ['claraaetitle', 'sourceaetitle', 'destinationaetitle']) {
    expect(routes).toEqual(expect.arrayContaining([`GET /api/config/${kind}`, `POST /api/config/${kind}`, `GET /api/config/${kind}/{name}`, `DELETE /api/config/${kind}/{name}`]));
  }
  expect(routes).toEqual(expect.arrayContaining(['GET /health/status', 'GET /health/ready', 'GET /health/live', 'GET /api/status', 'POST /api/explain/file', 'GET /api/explain/job/{id}', 'POST /api/submissions/retry']));
  expect(routes.join()).not.toContain('/swagger');
  for (const [path, methods] of Object.entries(described.paths)) for (const [method, { summary, tags }] of Object.entries(methods)) expect([summary, tags], `${method} ${path}`).toEqual([expect.any(String), [expect.any(String)]]);
  expect(Object.keys(described.paths['/api/config/claraaetitle']!.post!.responses)).toEqual(['201', '400', '415', '500']);
});
