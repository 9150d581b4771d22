import { expect, test } from 'vitest';
import { ClaraError } from '../../../src/core/errors.ts';
import { createLog } from '../../../src/system/log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLog({ destination: { write: (line: string) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a line has its level as a word, the time as ISO 8601 and no host name', () => {
  const [line] = logged((log) => log.info({ job: 'ab' }, 'started'));
  expect(line).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), job: 'ab', msg: 'started' });
});

test.each([
  ['a key', { token: 's3cret' }],
  ['a key deep inside', { request: { metadata: { authorization: ['Bearer s3cret'] } } }],
  ['a prefixed key', { ngc_api_key: 's3cret' }],
  ['a value with quotes', { password: 'a"s3cret\\' }],
  ['an error', { err: Object.assign(new Error('refused'), { metadata: { token: 's3cret' } }) }],
  ['text', { header: 'authorization: Bearer s3cret' }],
])('%s does not show a secret', (_name, fields) => {
  const [line] = logged((log) => log.info(fields, 'call'));
  expect(JSON.stringify(line)).not.toContain('s3cret');
  expect(JSON.stringify(line)).toContain('[redacted]');
});

test('the path of a token file is no secret, and an error keeps what helps', () => {
  const [line] = logged((log) => log.error({ tokenFile: '/etc/clara/token', err: new ClaraError('failed', 'no', { hint: 'do' }) }, 'x'));
  expect(line).toMatchObject({ tokenFile: '/etc/clara/token', err: { message: 'no', kind: 'failed', hint: 'do' } });
});
