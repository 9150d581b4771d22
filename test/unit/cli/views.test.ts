import { describe, expect, test } from 'vitest';
import { formatJson, yamlFormatter } from '../../../src/terminal/output/format.ts';
import { LineBuffer } from '../../../src/terminal/output/line-buffer.ts';
import { describeFailure, exitCodeOf } from '../../../src/terminal/output/failure.ts';
import { plainStyle, type Style } from '../../../src/terminal/output/style.ts';
import { table } from '../../../src/terminal/output/table.ts';
import { enumWords, protocolName, shortName } from '../../../src/cli/views/enums.ts';
import { describeJobLines, jobDetails } from '../../../src/cli/views/jobs.ts';
import { printEvent, printItem, printList, rowLayout, type ListView, type PrintOptions } from '../../../src/terminal/print.ts';
import { momentText } from '../../../src/cli/views/times.ts';
import { type JobsStatusResponse } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { ClaraError, type ErrorKind } from '../../../src/core/errors.ts';
import { toTimestamp } from '../../../src/core/time.ts';
import { captureIo } from '../../helpers/capture-io.ts';

interface Thing { readonly id: string; readonly name: string }
const things: ListView<Thing> = {
  kind: 'thing', id: ({ id }) => id, data: (thing) => thing,
  columns: [{ title: 'NAME', value: ({ name }) => name }, { title: 'ID', value: ({ id }) => id }, { title: 'MORE', value: () => 'x', wide: true }],
};
const fixed: ListView<Thing> = { ...things, columns: [{ title: 'ID', value: ({ id }) => id, width: 3 }, { title: 'NAME', value: ({ name }) => name }] };

async function printed(view: ListView<Thing>, items: readonly Thing[], options: PrintOptions): Promise<string> {
  const { io, stdout } = captureIo();
  await printList(io, view, items, options);
  return stdout();
}

const two = [{ id: '1', name: 'a' }, { id: '22', name: 'b\nc' }];

describe('a list', () => {
  test.each<[string, PrintOptions, readonly Thing[], string]>([
    ['text', {}, two, 'NAME   ID\na      1\nb\\nc   22\n'],
    ['wide', { output: 'wide' }, two, 'NAME   ID   MORE\na      1    x\nb\\nc   22   x\n'],
    ['quiet', { quiet: true }, two, '1\n22\n'],
    ['quiet and wide', { quiet: true, output: 'wide' }, two, '1\n22\n'],
    ['name', { output: 'name' }, two, 'thing/1\nthing/22\n'],
    ['json', { output: 'json' }, two, '[\n  {\n    "id": "1",\n    "name": "a"\n  },\n  {\n    "id": "22",\n    "name": "b\\nc"\n  }\n]\n'],
    ['json of one', { output: 'json' }, two.slice(0, 1), '[\n  {\n    "id": "1",\n    "name": "a"\n  }\n]\n'],
    ['yaml', { output: 'yaml' }, two, '- id: \'1\'\n  name: a\n- id: \'22\'\n  name: |-\n    b\n    c\n'],
    ['text of none', {}, [], 'NAME   ID\n'],
    ['quiet of none', { quiet: true }, [], ''],
    ['name of none', { output: 'name' }, [], ''],
    ['json of none', { output: 'json' }, [], '[]\n'],
    ['yaml of none', { output: 'yaml' }, [], '[]\n'],
  ])('as %s', async (_what, options, items, text) => {
    expect(await printed(things, items, options)).toBe(text);
  });

  test('with fixed widths is aligned without knowing the rows to come', async () => {
    expect(await printed(fixed, two, {})).toBe('ID    NAME\n1     a\n22    b\\nc\n');
    expect(await printed(fixed, [], {})).toBe('ID    NAME\n');
  });

  test('that fails at once prints nothing, one that fails later what it had', async () => {
    const failing = async function* (count: number) {
      for (const thing of two.slice(0, count)) yield await Promise.resolve(thing);
      throw new ClaraError('failed', 'gone');
    };
    for (const view of [things, fixed]) {
      for (const output of [undefined, 'json', 'yaml', 'name'] as const) {
        const { io, stdout } = captureIo();
        await expect(printList(io, view, failing(0), { output })).rejects.toThrow('gone');
        expect(stdout()).toBe('');
      }
    }
    const { io, stdout } = captureIo();
    await expect(printList(io, fixed, failing(2), {})).rejects.toThrow('gone');
    expect(stdout()).toBe('ID    NAME\n1     a\n22    b\\nc\n');
  });

  test('json and yaml of a thousand are what a parser reads back', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ id: String(index), name: `n"${index}\u0007` }));
    expect(JSON.parse(await printed(things, many, { output: 'json' }))).toEqual(many);
    const { load } = await import('js-yaml');
    expect(load(await printed(things, many, { output: 'yaml' }))).toEqual(many);
  });
});

test('lines of a long list come together, the first at once', async () => {
  const { io, writes } = captureIo();
  const buffer = new LineBuffer(io);
  await buffer.push('first');
  expect(writes).toEqual(['first\n']);
  for (let index = 0; index < 10_000; index += 1) await buffer.push(`line ${index}`);
  await buffer.flush();
  expect(writes.join('').split('\n')).toHaveLength(10_002);
  expect(writes.length).toBeLessThan(20);
});

test.each<[PrintOptions, string]>([
  [{}, 'text\n'], [{ output: 'json' }, '{\n  "id": "1",\n  "name": "a"\n}\n'], [{ output: 'yaml' }, 'id: \'1\'\nname: a\n'],
  [{ output: 'name' }, 'thing/1\n'], [{ quiet: true }, '1\n'], [{ quiet: true, output: 'json' }, '{\n  "id": "1",\n  "name": "a"\n}\n'],
])('an item as %j', async (options, text) => {
  const { io, stdout } = captureIo();
  await printItem(io, things, two[0]!, () => ['text'], options);
  expect(stdout()).toBe(text);
});

test('events are one line of JSON or one YAML document each', async () => {
  const { io, stdout } = captureIo();
  for (const thing of two) await printEvent(io, things, thing, () => [], { output: 'json' });
  expect(stdout()).toBe('{"id":"1","name":"a"}\n{"id":"22","name":"b\\nc"}\n');
  const other = captureIo();
  await printEvent(other.io, things, two[0]!, () => [], { output: 'yaml' });
  expect(other.stdout()).toBe('---\nid: \'1\'\nname: a\n');
});

test('text that could turn writing around is escaped in JSON and YAML and reads back as it was', async () => {
  const hostile = { name: 'a\u202eb\u009b', plain: 'c' };
  const yaml = (await yamlFormatter())(hostile);
  expect([formatJson(hostile), yaml].join('')).not.toMatch(/[\u202e\u009b]/);
  expect(JSON.parse(formatJson(hostile))).toEqual(hostile);
  expect((await import('js-yaml')).load(yaml)).toEqual(hostile);
});

test('wide characters keep the columns aligned', () => {
  expect(table(['NAME', 'ID'], [['頭部CT', '1'], ['e\u0301t', '2']])).toEqual(['NAME     ID', '頭部CT   1', 'e\u0301t       2']);
});

test('colour is put around a cell that has its width already', () => {
  const loud: Style = { ...plainStyle, bad: (text) => `<${text}>` };
  const view: ListView<Thing> = { ...fixed, columns: [{ title: 'ID', value: ({ id }) => id, width: 4, tone: () => 'bad' }, { title: 'NAME', value: ({ name }) => name }] };
  expect(rowLayout(view, {}, loud).row(two[0]!)).toBe('<1   >   a');
});

const enumeration = { JOB_STATE_UNKNOWN: 0, JOB_STATE_PENDING: 1, JOB_STATE_ON_HOLD: 7, UNRECOGNIZED: -1 };
test('enumerations are printed by name, and by number where a newer platform says something new', () => {
  expect([protocolName(enumeration, 1), protocolName(enumeration, 9), shortName(enumeration, 7), shortName(enumeration, 0)]).toEqual(['JOB_STATE_PENDING', '9', 'ON_HOLD', 'UNKNOWN']);
  expect(enumWords(enumeration)).toEqual({ pending: 1, on_hold: 7 });
});

test('the moment a job stopped holds a digit 1, and the moment before it none', () => {
  expect(momentText(undefined)).toBe('-');
  // Every hour from now on for seven years, up to 2033.
  for (let ms = Date.parse('2026-01-01T00:00:00Z'); ms < Date.parse('2033-01-01T00:00:00Z'); ms += 3_600_000) {
    if (!momentText(toTimestamp(ms)).includes('1')) throw new Error(`no 1 in ${momentText(toTimestamp(ms))}`);
  }
});

describe('describe job', () => {
  const job: JobsStatusResponse = {
    header: undefined, jobId: { value: 'a'.repeat(32) }, pipelineId: { value: 'b'.repeat(32) }, payloadId: { value: 'c'.repeat(32) }, state: 2, status: 1,
    name: 'head\nSTATE: fake', messages: ['first\u001b[31m', 'second'], priority: 3, timestampCreated: '', timestampStarted: '', timestampStopped: '',
    created: toTimestamp(Date.parse('2026-03-08T18:06:31Z')), started: toTimestamp(Date.parse('2026-03-08T18:06:32Z')), stopped: undefined,
    operatorDetails: [
      { name: 'reader', status: 3, created: undefined, started: toTimestamp(Date.parse('2026-03-08T18:06:32Z')), stopped: toTimestamp(Date.parse('2026-03-08T18:06:40Z')) },
      { name: 'seg', status: 2, created: undefined, started: toTimestamp(Date.parse('2026-03-08T18:06:40Z')), stopped: undefined },
      { name: 'view', status: 1, created: undefined, started: undefined, stopped: undefined },
    ],
    metadata: { b: '2', a: '1' }, dag: [],
  };

  test('keeps its lines where scripts look for them, whatever the name is', () => {
    expect(describeJobLines(job, Date.parse('2026-03-08T18:08:45Z'))).toEqual([
      'NAME: head\\nSTATE: fake', `JOB_ID: ${'a'.repeat(32)}`, `PIPELINE_ID: ${'b'.repeat(32)}`, `PAYLOAD_ID: ${'c'.repeat(32)}`, 'PRIORITY: JOB_PRIORITY_HIGHER',
      'STATUS: JOB_STATUS_HEALTHY', 'STATE: JOB_STATE_RUNNING', 'CREATED: 2026-03-08T18:06:31Z (1772993191)', 'STARTED: 2026-03-08T18:06:32Z (1772993192)', 'STOPPED: -',
      'METADATA: a=1, b=2', 'MESSAGE: first\\u001b[31m', 'MESSAGE: second', '',
      'OPERATOR   STATUS      STARTED                STOPPED                DURATION',
      'reader     COMPLETED   2026-03-08T18:06:32Z   2026-03-08T18:06:40Z   8s',
      'seg        RUNNING     2026-03-08T18:06:40Z   -                      2m05s',
      'view       PENDING     -                      -                      -',
    ]);
  });

  test('as data has every field, null for moments that have not come', () => {
    const data = jobDetails.data(job) as Record<string, unknown>;
    expect(Object.keys(data)).toEqual(['jobId', 'pipelineId', 'payloadId', 'state', 'status', 'name', 'messages', 'priority', 'created', 'started', 'stopped', 'operatorDetails', 'metadata', 'dag']);
    expect(data).toMatchObject({ state: 'JOB_STATE_RUNNING', created: '2026-03-08T18:06:31Z', stopped: null });
  });
});

describe('failures', () => {
  test('are what failed, details, a hint; the cause only when asked for', () => {
    const failure = new ClaraError('failed', 'no\u001b[2Jthing', { details: ['  a', '  b'], hint: 'try that', cause: new Error('EIO') });
    expect(describeFailure(failure, plainStyle, false)).toEqual(['error: no\\u001b[2Jthing', '  a', '  b', 'hint: try that']);
    expect(describeFailure(failure, plainStyle, true)).toEqual(['error: no\\u001b[2Jthing', '  a', '  b', 'hint: try that', 'caused by: EIO']);
  });

  test('of ours say how to report them, with the stack only when asked for', () => {
    const bug = new TypeError('x is undefined');
    expect(describeFailure(bug, plainStyle, false).join('\n')).toMatch(/^error: internal failure: x is undefined\nhint: this is a bug in clara [^\n]*--verbose$/);
    expect(describeFailure(bug, plainStyle, true).join('\n')).toContain('views.test.ts');
  });

  test.each<[ErrorKind, number]>([['failed', 1], ['usage', 2], ['unreachable', 3], ['not-found', 4], ['missing-program', 5], ['job-failed', 6], ['interrupted', 130]])('%s is exit code %d', (kind, code) => {
    expect(exitCodeOf(new ClaraError(kind, ''))).toBe(code);
    expect(exitCodeOf(new Error(''))).toBe(1);
  });
});
