import { expect, test } from 'vitest';
import { isRegistration, refusalOf } from '../../../src/platform/results/guard.ts';

const open = { isTokenOf: undefined, listen: '127.0.0.1' };
const guarded = { isTokenOf: (header: string | undefined) => header === 'Bearer right', listen: '0.0.0.0' };

test.each<[object, Record<string, string>, string, number | undefined]>([
  [open, { host: '127.0.0.1:8088' }, '/api/tasks/a', undefined],
  [open, { host: 'localhost:8088' }, '/api/tasks/a', undefined],
  [open, { host: '[::1]:8088' }, '/api/tasks/a', undefined],
  [open, {}, '/api/tasks/a', undefined],
  [open, { host: '127.0.0.1:8088', 'sec-fetch-site': 'same-origin' }, '/api/tasks/a', undefined],
  [open, { host: '127.0.0.1:8088', 'sec-fetch-site': 'none' }, '/swagger', undefined],
  // A link in a page of somebody else's, and a name of somebody else's that leads here.
  [open, { host: '127.0.0.1:8088', 'sec-fetch-site': 'cross-site' }, '/api/tasks/a/pending', 403],
  [open, { host: 'evil.example:8088' }, '/api/tasks/a/pending', 403],
  [{ ...open, listen: '0.0.0.0' }, { host: 'hospital.example:8088' }, '/api/tasks/a', undefined],
  [guarded, { host: 'x', authorization: 'Bearer right' }, '/api/tasks/a', undefined],
  [guarded, { host: 'x', authorization: 'Bearer wrong' }, '/api/tasks/a', 401],
  [guarded, { host: 'x' }, '/api/tasks/a', 401],
  [guarded, { host: 'x' }, '/swagger/json', undefined],
  [guarded, { host: 'x' }, '/swaggerx', 401],
])('%o asked with %j for %s: %s', (access, headers, url, status) => {
  expect(refusalOf({ headers, url }, access as typeof open)?.status).toBe(status);
});

test.each([
  ['POST', '/api/tasks/register/ClaraSCU', true], ['POST', '/api/Tasks/register/ClaraSCU/', true], ['GET', '/api/tasks/register/ClaraSCU', false],
  ['POST', '/api/tasks/ClaraSCU', false], ['PUT', '/api/tasks/success/x', false], ['POST', '/api/tasks/register/../success', false], ['GET', '/api/tasks/a/pending', false],
])('%s %s through the socket: %s', (method, url, allowed) => {
  expect(isRegistration({ method, url })).toBe(allowed);
});
