import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { primitives } from '../../../src/pipeline/model.ts';
import { fit, primitiveOf } from '../../../src/pipeline/types.ts';

function found(content: string): string[] {
  return loadPipeline([{ path: 'main.yaml', content }]).findings.map(({ line, column, length, code, property, message, help }) =>
    `${marked(content, line, column, length)} ${code} ${property}: ${message}${help === undefined ? '' : ` (${help})`}`);
}

/** What a finding underlines, in `< >`. */
function marked(content: string, line: number, column: number, length: number): string {
  return `<${content.split('\n')[line - 1]!.slice(column - 1, column - 1 + length)}>`;
}

/** Operator `a` with one output, in line 7 from column 5. */
const output = (entry: string, version = '0.5.0') => `api-version: ${version}\nname: x\noperators:\n- name: a\n  container: {image: a}\n  output:\n  - {${entry}}\n`;
const payload = (entry: string) => output(entry).replace('output:', 'input:');
/** Operator `b` reads the output in line 11. */
const connected = (from: string, to: string) => `${output(`name: o, ${from}`)}- name: b\n  container: {image: b}\n  input:\n  - {from: a, name: o, ${to}}\n`;

describe('primitives', () => {
  test('eleven types in twenty-two spellings', () => {
    expect(primitives.map((long) => [primitiveOf(long), primitiveOf(long.replace('uint', 'u').replace('int', 'i').replace('float', 'f'))])).toEqual(primitives.map((long) => [long, long]));
    expect(['u8', 'i16', 'f64', 'bool', 'U8', 'Float32', 'u128', 'f8', '', 'int', 'constructor'].map(primitiveOf)).toEqual(['uint8', 'int16', 'float64', ...Array.from({ length: 8 })]);
  });

  test.each(primitives.flatMap((long) => [long, long.replace('uint', 'u').replace('int', 'i').replace('float', 'f')].map((written) => [written, long] as const)))('%s is a type of its own', (written, element) => {
    const { pipeline, findings } = loadPipeline([{ path: 'main.yaml', content: output(`name: o, type: ${written}`) }]);
    expect(findings).toEqual([]);
    expect(pipeline?.operators[0]?.outputs).toEqual([{ name: 'o', path: '', type: { kind: 'primitive', element, shape: [1] } }]);
  });
});

test.each([
  ['type: stream, element-type: "DICOM files", path: /out/', { path: '/out', type: { kind: 'stream', format: 'DICOM files' } }],
  ['type: stream, element-type: dicom, format: dicom, path: /out', { path: '/out', type: { kind: 'stream', format: 'dicom' } }],
  ['type: array, element-type: u16, shape: [512, 512]', { path: '', type: { kind: 'array', element: 'uint16', shape: [512, 512] } }],
  ['type: array, element-type: float16, shape: [-1, "4"]', { path: '', type: { kind: 'array', element: 'float16', shape: [-1, 4] } }],
  ['type: string', { path: '', type: { kind: 'string', element: 'uint8', shape: [-1] } }],
])('%s', (entry, expected) => {
  for (const version of ['0.5.0', '0.6.0', '0.7.0']) {
    const { pipeline, findings } = loadPipeline([{ path: 'main.yaml', content: output(`name: o, ${entry}`, version) }]);
    expect(findings).toEqual([]);
    expect(pipeline?.operators[0]?.outputs).toEqual([{ name: 'o', ...expected }]);
  }
});

describe('what is wrong with a type', () => {
  test.each<readonly [string, readonly string[]]>([
    ['name: o, type: ""', ['<type> missing-property output[0].type: output 1 of operator "a" has no "type"']],
    ['name: o, type: [u8]', ['<[u8]> wrong-type output[0].type: "type" of output 1 of operator "a" must be a single value, not a list']],
    ['name: o, type: Stream, path: /o', ['<Stream> unknown-type output[0].type: "Stream" is no type (did you mean "stream"?)']],
    ['name: o, type: bool', ['<bool> unknown-type output[0].type: "bool" is no type (known are stream, array, string, int8, uint8, float32 and so on)']],
    ['name: o, type: stream, path: /o', ['<name> missing-property output[0].element-type: output 1 of operator "a" has no "element-type"']],
    ['name: o, type: stream, element-type: x', ['<name> missing-property output[0].path: output 1 of operator "a" has no "path" (an absolute directory inside the container)']],
    ['name: o, type: stream, element-type: x, path: /o, shape: [1]', ['<shape> misplaced-property output[0].shape: output 1 of operator "a" is a stream, which has no "shape" (remove "shape")']],
    ['name: o, type: array, shape: [1]', ['<name> missing-property output[0].element-type: output 1 of operator "a" has no "element-type"']],
    ['name: o, type: array, element-type: u8', ['<type> missing-property output[0].shape: output 1 of operator "a" has no "shape" (for example shape: [-1, 512, 512]; -1 is a dimension that is set at run time)']],
    ['name: o, type: array, element-type: u88, shape: [1]', ['<u88> unknown-type output[0].element-type: "u88" is no type of an array\'s elements (did you mean "u8"?)']],
    ['name: o, type: array, element-type: stream, shape: [1]', ['<stream> unknown-type output[0].element-type: "stream" is no type of an array\'s elements (known are int8, uint8, float32 and so on)']],
    ['name: o, type: array, element-type: u8, shape: 3', ['<3> wrong-type output[0].shape: "shape" of output 1 of operator "a" must be a list, not a single value (for example shape: [-1, 512, 512])']],
    ['name: o, type: array, element-type: u8, shape: []', ['<[]> bad-shape output[0].shape: the shape of output 1 of operator "a" has 0 dimensions; 1 to 16 are allowed']],
    [`name: o, type: array, element-type: u8, shape: [${'1,'.repeat(17)}]`, ['<[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,]> bad-shape output[0].shape: the shape of output 1 of operator "a" has 17 dimensions; 1 to 16 are allowed']],
    ['name: o, type: array, element-type: u8, shape: [1, 0, -2, 1.5, x, [1], 1e3]', [['0', 2], ['-2', 3], ['1.5', 4], ['x', 5], ['[1]', 6], ['1e3', 7]].map(([text, dimension]) =>
      `<${text}> bad-shape output[0].shape[${Number(dimension) - 1}]: dimension ${dimension} of the shape of output 1 of operator "a" must be a whole number from 1 up, or -1 (-1 is a dimension that is set at run time)`)],
    ['name: o, type: array, element-type: u8, shape: [1], path: /o', ['<path> misplaced-property output[0].path: output 1 of operator "a" is an array, which has no "path" (it is passed in shared memory: remove the path, or use type: stream)']],
    ['name: o, type: string, element-type: u8, shape: [1], path: /o', [
      '<element-type> misplaced-property output[0].element-type: output 1 of operator "a" is a string, which has no "element-type" (remove "element-type")',
      '<shape> misplaced-property output[0].shape: output 1 of operator "a" is a string, which has no "shape" (remove "shape")',
      '<path> misplaced-property output[0].path: output 1 of operator "a" is a string, which has no "path" (it is passed in shared memory: remove the path, or use type: stream)',
    ]],
    ['name: o, type: f32, shape: [1]', ['<shape> misplaced-property output[0].shape: output 1 of operator "a" is a single float32, which has no "shape" (remove "shape")']],
    ['type: string', ['<type> missing-property output[0].name: output 1 of operator "a" has no "name" (from api-version 0.5.0 on every output has a name)']],
    ['name: o, path: /o', ['<name> missing-property output[0].type: output 1 of operator "a" has no "type" (from api-version 0.5.0 on every input and output has a type)']],
  ])('%s', (entry, expected) => {
    expect(found(output(entry))).toEqual(expected);
  });

  test.each([
    ['type: array, element-type: u8, shape: [1]', 'an array'],
    ['type: string', 'a string'],
    ['type: u8', 'a primitive'],
  ])('the payload as %s', (entry, what) => {
    expect(found(payload(`name: i, ${entry}`))).toEqual([expect.stringContaining(`payload-type input[0].type: input 1 of operator "a" reads the payload's input, which is files, as ${what} (use type: stream, or add "from")`)]);
  });

  test('below 0.5.0 there are no types, and "format" is unknown', () => {
    expect(found(output('path: /o, type: string, format: x', '0.4.0')).map((line) => line.split(' ')[1])).toEqual(['typed-version', 'unknown-property']);
  });
});

describe('what is connected must fit', () => {
  const array = (element: string, ...shape: number[]) => `type: array, element-type: ${element}, shape: [${shape.join(', ')}]`;
  const stream = (format: string, path: string) => `type: stream, element-type: ${format}, path: ${path}`;

  test.each([
    [stream('nifti', '/a'), stream('nifti', '/b')],
    [array('f32', 1, -1, 3), array('float32', 1, -1, 3)],
    [array('u8', 4), array('u8', -1)],
    [array('u8', 1), 'type: u8'],
    ['type: u8', array('u8', 1)],
    ['type: string', array('u8', -1)],
    [array('u8', 5), 'type: string'],
    ['type: u8', 'type: string'],
    ['type: i64', 'type: int64'],
  ])('%s → %s', (from, to) => {
    expect(found(connected(from, to))).toEqual([]);
  });

  test.each([
    [stream('nifti', '/a'), stream('NIfTI', '/b'), 'type-mismatch', 'as stream of "NIfTI", but it is stream of "nifti" (the element types differ)'],
    [stream('u8', '/a'), 'type: u8', 'type-mismatch', 'as uint8, but it is stream of "u8" (one end is a directory, the other shared memory)'],
    ['type: string', stream('text', '/b'), 'type-mismatch', 'as stream of "text", but it is string (one end is a directory, the other shared memory)'],
    ['type: u8', 'type: i8', 'type-mismatch', 'as int8, but it is uint8 (the element types differ)'],
    [array('f32', 1, 2), array('f32', 1), 'type-mismatch', 'as array of float32 [1], but it is array of float32 [1, 2] (one has 2 dimensions, the other one dimension)'],
    [array('f32', 1, 2), array('f32', -1, 3), 'type-mismatch', 'as array of float32 [-1, 3], but it is array of float32 [1, 2] (dimension 2 is 2 at one end and 3 at the other)'],
    [array('f32', -1, 2), array('f32', 4, 3), 'type-mismatch', 'as array of float32 [4, 3], but it is array of float32 [-1, 2] (dimension 2 is 2 at one end and 3 at the other)'],
    [array('f32', -1, -1), array('f32', -1, 3), 'unproven-shape', 'as array of float32 [-1, 3], and it is array of float32 [-1, -1] (dimension 2 is set when the operator runs, and must then be 3)'],
    ['type: string', 'type: u8', 'unproven-shape', 'as uint8, and it is string (dimension 1 is set when the operator runs, and must then be 1)'],
  ])('%s ↛ %s', (from, to, code, message) => {
    const [finding, ...more] = found(connected(from, to));
    expect(more).toEqual([]);
    expect(finding).toContain(` ${code} `);
    expect(finding).toContain(`operator "b" reads output "o" of "a" ${message}`);
  });

  test('fitting has a direction', () => {
    const of = (size: number) => ({ kind: 'array', element: 'uint8', shape: [size] }) as const;
    expect([fit(of(3), of(-1)).kind, fit(of(-1), of(3)).kind]).toEqual(['fits', 'unproven']);
  });

  test('a wrong type is one finding, not one for every reader too', () => {
    expect(found(connected('type: flaot32', 'type: f32'))).toEqual(['<flaot32> unknown-type output[0].type: "flaot32" is no type (did you mean "float32"?)']);
  });
});
