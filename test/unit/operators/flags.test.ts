import { expect, test } from 'vitest';
import { ClaraError } from '../../../src/core/errors.ts';
import { type CommandLine, readFlags } from '../../../src/operators/contract/flags.ts';

const flags = [{ name: 'input', value: 'DIR' }, { name: 'output', value: 'DIR' }, { name: 'threshold', value: 'NUMBER' }, { name: 'mode', value: 'a|b' }, { name: 'map-only', value: undefined }];
const plain: CommandLine = { program: 'segment', flags, positional: undefined };
const positional: CommandLine = { program: 'make', flags: flags.slice(1), positional: 'output' };
/** No input: there is no folder that a stray word would be. */
const inputless: CommandLine = { program: 'smooth', flags: flags.slice(1), positional: undefined };

test.each([
  [plain, [], {}],
  [plain, ['--input', 'a', '--output=b'], { input: 'a', output: 'b' }],
  [plain, ['--threshold', '-200'], { threshold: '-200' }],
  [plain, ['--threshold', '-.5', '--mode', 'a'], { threshold: '-.5', mode: 'a' }],
  [plain, ['--threshold=-x'], { threshold: '-x' }],
  [plain, ['--input', '-'], { input: '-' }],
  [plain, ['--input='], { input: '' }],
  [plain, ['--mode', 'a', '--mode', 'b'], { mode: 'b' }],
  [plain, ['--map-only', '-h'], { 'map-only': true, help: true }],
  [plain, ['--help'], { help: true }],
  [positional, ['a', '--threshold', '1'], { output: 'a', threshold: '1' }],
  [positional, ['--', '--a'], { output: '--a' }],
] as const)('flags %#: %j', (line, argv, expected) => {
  expect(readFlags(line, argv)).toEqual(expected);
});

const more = 'segment --help lists every flag';

test.each([
  [plain, ['--treshold', '5'], 'unknown flag --treshold', `did you mean --threshold? ${more}`],
  [plain, ['--treshold=5'], 'unknown flag --treshold', `did you mean --threshold? ${more}`],
  [plain, ['--map_only'], 'unknown flag --map_only', `did you mean --map-only? ${more}`],
  [plain, ['--hepl'], 'unknown flag --hepl', `did you mean --help? ${more}`],
  [plain, ['-input', 'a'], 'unknown flag -input', `did you mean --input? ${more}`],
  [plain, ['--colour', 'red'], 'unknown flag --colour', more],
  [plain, ['--__proto__', 'x'], 'unknown flag --__proto__', more],
  [plain, ['-x'], 'unknown flag -x', more],
  [plain, ['-5'], 'unknown flag -5', more],
  [plain, ['--treshold', '--mode'], 'unknown flag --treshold', `did you mean --threshold? ${more}`],
  [plain, ['--threshold'], '--threshold needs a value: --threshold NUMBER', more],
  [plain, ['--mode', '--input', 'a'], '--mode needs a value: --mode a|b', more],
  [plain, ['--input', '--output=b'], '--input needs a value: --input DIR', more],
  [plain, ['--input', '--my dir'], '--input needs a value: --input DIR', `a value that begins with a dash is written --input='--my dir'; ${more}`],
  [plain, ['--map-only=yes'], '--map-only takes no value, and "yes" is one', `write --map-only alone; ${more}`],
  [plain, ['--map-only='], '--map-only takes no value, and "" is one', `write --map-only alone; ${more}`],
  [plain, ['a b'], 'unexpected argument "a b"', `did you mean --input 'a b'? ${more}`],
  [plain, ['--map-only', 'yes'], 'unexpected argument "yes"', `did you mean --input yes? ${more}`],
  [inputless, ['x'], 'unexpected argument "x"', 'smooth --help lists every flag'],
  [positional, ['a', 'b'], 'unexpected argument "b"', '"a" is the output folder already; make --help lists every flag'],
] as const)('wrong flags %#: %j', (line, argv, message, hint) => {
  const thrown = thrownBy(() => readFlags(line, argv));
  expect(thrown).toBeInstanceOf(ClaraError);
  expect(thrown).toMatchObject({ kind: 'usage', message, hint });
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}
