import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { type Pipeline } from '../../../src/pipeline/model.ts';

interface Row {
  readonly is: string;
  readonly text: string;
  /** `line:column+length code operator property: message (help)`, without what there is not. */
  readonly found: readonly string[];
}

function findings(content: string): string[] {
  return loadPipeline([{ path: 'main.yaml', content }]).findings.map(({ line, column, length, code, operator, property, message, help }) =>
    `${line}:${column}+${length} ${code} ${operator ?? '-'} ${property ?? '-'}: ${message}${help === undefined ? '' : ` (${help})`}`);
}

function pipelineOf(content: string): Pipeline {
  const loaded = loadPipeline([{ path: 'main.yaml', content }]);
  expect(loaded.findings).toEqual([]);
  return loaded.pipeline!;
}

const head = 'api-version: 0.4.0\nname: x\n';
const one = '- name: a\n  container: {image: example/a}\n';
/** The operator `a` begins in line 4, what follows it in line 6. */
const withOne = (more: string) => `${head}operators:\n${one}${more}`;
/** The container of operator `a` in line 5, from column 15. */
const withContainer = (container: string) => `${head}operators:\n- name: a\n  container: ${container}\n`;

const documents: readonly Row[] = [
  { is: 'a property that is not there', text: `name: x\noperators:\n${one}`, found: ['1:1+4 missing-property - api-version: the pipeline has no "api-version" (write api-version: 0.4.0)'] },
  { is: 'a property without a value', text: `api-version:\nname: x\noperators:\n${one}`, found: ['1:1+11 missing-property - api-version: the pipeline has no "api-version" (write api-version: 0.4.0)'] },
  { is: 'an empty name', text: `api-version: 0.4.0\nname: ""\noperators:\n${one}`, found: ['2:1+4 missing-property - name: the pipeline has no "name"'] },
  { is: 'a name that is null', text: `api-version: 0.4.0\nname: ~\noperators:\n${one}`, found: ['2:1+4 missing-property - name: the pipeline has no "name"'] },
  { is: 'a name that is a list', text: `api-version: 0.4.0\nname: [x]\noperators:\n${one}`, found: ['2:7+3 wrong-type - name: "name" of the pipeline must be a single value, not a list'] },
  { is: 'a name with a space', text: `api-version: 0.4.0\nname: my pipe\noperators:\n${one}`, found: ['2:7+7 bad-name - name: the name of the pipeline, "my pipe", has a space at character 3; letters A-Z and a-z, digits, "-" and "_" are allowed'] },
  { is: 'an api-version of two numbers', text: `api-version: 0.4\nname: x\noperators:\n${one}`, found: ['1:14+3 bad-version - api-version: "0.4" is not an api-version (write 0.4.0)'] },
  { is: 'an api-version with a v', text: `api-version: v0.4.0\nname: x\noperators:\n${one}`, found: ['1:14+6 bad-version - api-version: "v0.4.0" is not an api-version (write three numbers, for example 0.4.0)'] },
  { is: 'an api-version of tomorrow', text: `api-version: 0.8.0\nname: x\noperators:\n${one}`, found: ['1:14+5 unknown-version - api-version: there is no api-version 0.8.0 (known are 0.2.0 to 0.7.0)'] },
  { is: 'an old api-version', text: `api-version: "0.2.0"\nname: x\noperators:\n${one}`, found: ['1:14+7 deprecated-version - api-version: api-version 0.2.0 is deprecated (0.4.0 means the same for this definition)'] },
  { is: 'a property in the wrong case', text: `${head}Description: x\noperators:\n${one}`, found: ['3:1+11 unknown-property - Description: the pipeline has no property "Description"; it is ignored (did you mean "description"?)'] },
  { is: 'a property that is near none', text: `${head}colour: x\noperators:\n${one}`, found: ['3:1+6 unknown-property - colour: the pipeline has no property "colour"; it is ignored'] },
  { is: 'a property of operators', text: `${head}services: []\noperators:\n${one}`, found: ['3:1+8 unknown-property - services: the pipeline has no property "services"; it is ignored (services belong to an operator)'] },
  { is: 'a property with a name of objects', text: `${head}constructor: x\ntoString: y\noperators:\n${one}`, found: [
    '3:1+11 unknown-property - constructor: the pipeline has no property "constructor"; it is ignored',
    '4:1+8 unknown-property - toString: the pipeline has no property "toString"; it is ignored',
  ] },
  { is: 'no operators', text: head, found: ['1:1+11 no-operators - operators: the pipeline has no operators (a pipeline has at least one)'] },
  { is: 'operators without a value', text: `${head}operators:\n`, found: ['3:1+9 no-operators - operators: the pipeline has no operators (a pipeline has at least one)'] },
  { is: 'an empty list of operators', text: `${head}operators: []\n`, found: ['3:1+9 no-operators - operators: the pipeline has no operators (a pipeline has at least one)'] },
  { is: 'operators as an object', text: `${head}operators:\n  a: {container: {image: x}}\n`, found: ['4:3+26 wrong-type - operators: "operators" of the pipeline must be a list, not an object (begin each operator with "- name: …")'] },
  { is: 'an operator that is a text', text: `${head}operators:\n- a\n`, found: ['4:3+1 wrong-type - operators[0]: operator 1 must be an object, not a single value (for example - name: reader)'] },
  { is: 'an unknown orchestrator', text: `${head}orchestrator: Clera\noperators:\n${one}`, found: ['3:15+5 bad-orchestrator - orchestrator: there is no orchestrator "Clera" (did you mean "Clara"?)'] },
  { is: 'Argo', text: `${head}orchestrator: argo\noperators:\n${one}`, found: ['3:15+4 deprecated-orchestrator - orchestrator: the orchestrator Argo is deprecated; the operators run all the same (remove "orchestrator")'] },
  { is: 'Argo for a typed definition', text: `api-version: 0.5.0\nname: x\norchestrator: Argo\noperators:\n${one}`, found: ['3:15+4 bad-orchestrator - orchestrator: Argo runs no definition of api-version 0.5.0 (from 0.5.0 on it is Clara: remove "orchestrator")'] },
  { is: 'pull-secrets as a text', text: `${head}pull-secrets: ngc\noperators:\n${one}`, found: ['3:15+3 wrong-type - pull-secrets: "pull-secrets" of the pipeline must be a list, not a single value'] },
  { is: 'an empty pull-secret', text: `${head}pull-secrets: [a, ""]\noperators:\n${one}`, found: ['3:19+2 bad-value - pull-secrets[1]: "pull-secrets[1]" of the pipeline is empty; a name belongs here'] },
  { is: 'parameters as a list', text: `${head}parameters: [A]\noperators:\n${one}`, found: ['3:13+3 wrong-type - parameters: "parameters" of the pipeline must be an object, not a list'] },
  { is: 'a parameter that is a list', text: `${head}parameters: {A: [1]}\noperators:\n${one}`, found: ['3:17+3 wrong-type - parameters.A: the default of the parameter "A" must be a single value'] },
  { is: 'a parameter with a bad name', text: `${head}parameters: {A.B: 1}\noperators:\n${one}`, found: ['3:14+3 bad-name - parameters.A.B: the parameter name "A.B" has "." at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed'] },
  { is: 'a parameter in two cases', text: `${head}parameters: {A: 1, a: 2}\noperators:\n${one}`, found: ['3:20+1 duplicate-name - parameters.a: the parameter "a" is declared twice; names differ by more than case'] },
  { is: 'everything at once, in the order of the text', text: `api-version: 0.3.0\nname: x y\ncolour: red\norchestrator: X\noperators: {}\n`, found: [
    '1:14+5 deprecated-version - api-version: api-version 0.3.0 is deprecated (0.4.0 means the same for this definition)',
    '2:7+3 bad-name - name: the name of the pipeline, "x y", has a space at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed',
    '3:1+6 unknown-property - colour: the pipeline has no property "colour"; it is ignored',
    '4:15+1 bad-orchestrator - orchestrator: there is no orchestrator "X" (Clara and Argo are known)',
    '5:12+2 wrong-type - operators: "operators" of the pipeline must be a list, not an object (begin each operator with "- name: …")',
  ] },
];

const operators: readonly Row[] = [
  { is: 'no name', text: `${head}operators:\n- container: {image: a}\n`, found: ['4:3+9 missing-property - name: operator 1 has no "name"'] },
  { is: 'nothing at all', text: `${head}operators:\n- {}\n`, found: ['4:3+2 missing-property - name: operator 1 has no "name"', '4:3+2 missing-property - container: operator 1 has no "container" (an operator needs at least container: {image: …})'] },
  { is: 'a name that leaves the folder', text: `${head}operators:\n- name: ../a\n  container: {image: a}\n`, found: ['4:9+4 bad-name ../a name: the name of operator 1, "../a", has "." at character 1; letters A-Z and a-z, digits, "-" and "_" are allowed'] },
  { is: 'a name with control characters', text: `${head}operators:\n- name: "a\\e[31m"\n  container: {image: a}\n`, found: ['4:9+9 bad-name a\u001b[31m name: the name of operator 1, "a\\u001b[31m", has "\\u001b" at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed'] },
  { is: 'a name of 256 characters', text: `${head}operators:\n- name: ${'a'.repeat(256)}\n  container: {image: a}\n`, found: [`4:9+256 bad-name ${'a'.repeat(256)} name: the name of operator 1, "${'a'.repeat(80)}…", has 256 characters; 255 are allowed`] },
  { is: 'a name again in another case', text: withOne('- name: A\n  container: {image: a}\n'), found: ['6:9+1 duplicate-name A name: the name "A" is already that of the operator in line 4 (names of operators differ by more than case)'] },
  { is: 'image beside the container', text: `${head}operators:\n- name: a\n  image: x\n`, found: [
    '4:9+1 missing-property a container: operator "a" has no "container" (an operator needs at least container: {image: …})',
    '5:3+5 unknown-property a image: operator "a" has no property "image"; it is ignored ("image" belongs into "container")',
  ] },
  { is: 'a later api-version', text: withOne('  api-version: 0.5.0\n'), found: ['6:16+5 operator-version a api-version: operator "a" has api-version 0.5.0, later than the pipeline\'s 0.4.0 (leave "api-version" to the pipeline)'] },
  { is: 'an import', text: `${head}operators:\n- import: {path: a.yaml}\n- name: b\n  container: {image: b}\n  input: [{from: whatever, path: /in}]\n`, found: ['4:18+6 unknown-import - import.path: the file "a.yaml" is not part of the definition (the definition has no other file)'] },
  { is: 'a bare import with a name', text: `${head}operators:\n- name: a\n  path: a.yaml\n- name: b\n  container: {image: b}\n  input: [{from: a, name: any, path: /in}]\n`, found: ['5:9+6 unknown-import - import.path: the file "a.yaml" is not part of the definition (the definition has no other file)'] },
  { is: 'services, reported once', text: withOne('  services: [{name: t, container: {image: t}}]\n- name: b\n  container: {image: b}\n  services: [{name: t, container: {image: t}}]\n'), found: ['6:3+8 deprecated-services a services: services are deprecated; they run all the same (for a model of the repository use "models")'] },
  { is: 'models below 0.6.0', text: withOne('  models: [{name: m}]\n'), found: ['6:3+6 models-version a models: "models" belongs to api-version 0.6.0 and later; it is used all the same'] },
];

const typedHead = 'api-version: 0.6.0\nname: x\noperators:\n- name: a\n  container: {image: example/a}\n';
const typed: readonly Row[] = [
  { is: 'types below 0.5.0', text: withOne('  input:\n  - {path: /in, type: array, element-type: u8, shape: [1]}\n'), found: ['type', 'element-type', 'shape'].map((name, index) =>
    `7:${[17, 30, 48][index]}+${name.length} typed-version a input[0].${name}: "${name}" needs api-version 0.5.0 or later; this definition has 0.4.0 (remove it, or raise the api-version)`) },
  { is: 'no name and no type from 0.5.0 on', text: `${typedHead}  output:\n  - path: /out\n`, found: [
    '7:5+4 missing-property a output[0].type: output 1 of operator "a" has no "type" (from api-version 0.5.0 on every input and output has a type)',
    '7:5+4 missing-property a output[0].name: output 1 of operator "a" has no "name" (from api-version 0.5.0 on every output has a name)',
  ] },
  { is: 'a model without a name', text: `${typedHead}  models: [{version: 1}]\n`, found: [
    '6:13+7 unknown-property a models[0].version: model 1 of operator "a" has no property "version"; it is ignored',
    '6:13+7 missing-property a models[0].name: model 1 of operator "a" has no "name"',
  ] },
  { is: 'a model as a text', text: `${typedHead}  models: [m]\n`, found: ['6:12+1 wrong-type a models[0]: model 1 of operator "a" must be an object, not a single value'] },
  { is: 'a model with a path for a name', text: `${typedHead}  models: [{name: ../m}]\n`, found: ['6:19+4 bad-name a models[0].name: "../m" cannot be the name of a model (letters, digits, "-", "_" and ".", 255 at most, a letter or digit first)'] },
  { is: 'a model twice', text: `${typedHead}  models: [{name: m.1}, {name: M.1}]\n`, found: ['6:32+3 duplicate-name a models[1].name: operator "a" lists the model "M.1" twice'] },
];

const containers: readonly Row[] = [
  { is: 'a text', text: withContainer('example/a'), found: ['5:14+9 wrong-type a container: "container" of operator "a" must be an object, not a single value'] },
  { is: 'nothing', text: withContainer(''), found: ['5:3+9 missing-property a container: operator "a" has no "container" (an operator needs at least container: {image: …})'] },
  { is: 'no image', text: withContainer('{tag: 1}'), found: ['5:3+9 missing-property a container.image: the container of operator "a" has no "image"'] },
  { is: 'an image with a tag', text: withContainer('{image: "nvcr.io:443/clara/a:1.0"}'), found: ['5:22+25 bad-image a container.image: the image "nvcr.io:443/clara/a:1.0" has a tag in its name (write image: nvcr.io:443/clara/a and tag: "1.0")'] },
  { is: 'an image with a tag beside a tag', text: withContainer('{image: "a:1", tag: 2}'), found: ['5:22+5 bad-image a container.image: the image "a:1" has a tag in its name (write image: a and leave the tag to "tag")'] },
  { is: 'an image with a digest', text: withContainer('{image: "a@sha256:00"}'), found: ['5:22+13 bad-image a container.image: the image "a@sha256:00" names a digest; an image is found by name and tag (write the image without "@…" and give its tag in "tag")'] },
  ...['-v', '--privileged', 'a b', 'a//b', 'a/', '/a', 'a;b', '$(x)', 'ä', 'a\\nb', 'a'.repeat(256)].map((image): Row => ({
    is: `the image ${image.slice(0, 20)}`,
    text: withContainer(`{image: "${image}"}`),
    found: [`5:22+${image.length + 2} bad-image a container.image: "${image.length > 80 ? `${image.slice(0, 80)}…` : image}" is not the name of an image (for example nvcr.io/nvidia/clara/dicom-reader)`],
  })),
  ...['a b', '-x', '.1', 'a/b', 'a:b', 'a'.repeat(129)].map((tag): Row => ({
    is: `the tag ${tag.slice(0, 20)}`,
    text: withContainer(`{image: a, tag: "${tag}"}`),
    found: [`5:30+${tag.length + 2} bad-tag a container.tag: "${tag.length > 80 ? `${tag.slice(0, 80)}…` : tag}" is not an image tag (letters, digits, "_", "." and "-", 128 at most, a letter, digit or "_" first)`],
  })),
  { is: 'a command that is a text', text: withContainer('{image: a, command: run --all}'), found: ['5:34+9 bad-command a container.command: "command" of the container of operator "a" must be a list of arguments (for example command: ["sh", "-c", "echo done"])'] },
  { is: 'a command with a list in it', text: withContainer('{image: a, command: [run, [x], {y: 1}]}'), found: [
    '5:40+3 bad-command a container.command[1]: argument 2 of "command" of the container of operator "a" must be a single value',
    '5:45+6 bad-command a container.command[2]: argument 3 of "command" of the container of operator "a" must be a single value',
  ] },
  { is: 'a NUL in a command', text: withContainer('{image: a, command: ["a\\0b"]}'), found: ['5:35+6 bad-value a container.command[0]: the value of "command[0]" has a NUL character, which no program can be given'] },
  { is: 'an argument that is too long', text: withContainer(`{image: a, command: [${'x'.repeat(131_001)}]}`), found: ['5:35+131001 bad-value a container.command[0]: the value of "command[0]" is longer than 131,000 bytes, more than a program can be given'] },
  { is: 'the host without a command', text: withContainer('{image: host}'), found: ['5:22+4 missing-property a container.command: the container of operator "a" has no "command" (image "host" runs its command on the host, so it needs one)'] },
  { is: 'args', text: withContainer('{image: a, args: [x]}'), found: ['5:25+4 unknown-property a container.args: the container of operator "a" has no property "args"; it is ignored (arguments are part of "command")'] },
];

const mounts: readonly Row[] = [
  { is: 'an input that is an object', text: withOne('  input: {path: /in}\n'), found: ['6:10+11 wrong-type a input: "input" of operator "a" must be a list, not an object (begin each input with "- ")'] },
  { is: 'an output that is a text', text: withOne('  output: [/out]\n'), found: ['6:12+4 wrong-type a output[0]: output 1 of operator "a" must be an object, not a single value'] },
  { is: 'no path', text: withOne('  input: [{name: x}]\n'), found: ['6:12+4 missing-property a input[0].path: input 1 of operator "a" has no "path" (an absolute directory inside the container)'] },
  { is: 'from at an output', text: withOne('  output: [{from: b, path: /out}]\n'), found: ['6:13+4 unknown-property a output[0].from: output 1 of operator "a" has no property "from"; it is ignored (an output goes to whoever names it in "from")'] },
  { is: 'a property that an article had', text: withOne('  output: [{path: /out, format: dicom}]\n'), found: ['6:25+6 unknown-property a output[0].format: output 1 of operator "a" has no property "format"; it is ignored'] },
  { is: 'an output with a bad name', text: withOne('  output: [{name: a/b, path: /out}]\n'), found: ['6:19+3 bad-name a output[0].name: the name of output 1 of operator "a", "a/b", has "/" at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed'] },
  { is: 'two outputs without a name', text: withOne('  output: [{path: /a}, {path: /b}]\n'), found: ['6:13+4 unnamed-output a output[0].name: operator "a" has 2 outputs, so each needs a name', '6:25+4 unnamed-output a output[1].name: operator "a" has 2 outputs, so each needs a name'] },
  { is: 'two outputs with one name', text: withOne('  output: [{name: o, path: /a}, {name: O, path: /b}]\n'), found: ['6:40+1 duplicate-name a output[1].name: operator "a" has two outputs named "O"; case makes no difference'] },
  { is: 'one directory twice', text: withOne('  input: [{path: /a/}]\n  output: [{path: //a/.}]\n'), found: ['7:19+5 duplicate-path a output[0].path: operator "a" uses "/a" twice, here and in line 6 (give every input and output a directory of its own)'] },
  { is: 'directories inside each other', text: withOne('  input: [{path: /a/b/c}, {path: /a-b}]\n  output: [{path: /a}]\n'), found: ['6:18+6 nested-path a input[0].path: "/a/b/c" lies inside "/a", another mount of operator "a", and may hide what is there'] },
  ...([
    ['""', 'is empty; an absolute directory such as /input belongs here'],
    ['in', 'is not absolute; it begins with "/"'],
    ['./in', 'is not absolute; it begins with "/"'],
    ['~/in', 'is not absolute; it begins with "/"'],
    ['C:/in', 'is not absolute; it begins with "/"'],
    ['/', 'is the root of the container; use a directory such as /input'],
    ['//.//', 'is the root of the container; use a directory such as /input'],
    ['/in/../out', 'has a ".." in it; write the directory itself'],
    ['/proc/1', 'lies in /proc, where nothing can be mounted'],
    ['/dev', 'lies in /dev, where nothing can be mounted'],
    ['/a;b', 'has a character that cannot be passed on: a control character or ";"'],
    ['"/a\\nb"', 'has a character that cannot be passed on: a control character or ";"'],
    [`/${'x'.repeat(256)}`, 'is longer than a file system allows'],
    [`${'/x'.repeat(2001)}`, 'is longer than a file system allows'],
  ] as const).map(([path, problem]): Row => {
    const text = path.replaceAll('"', '');
    return {
      is: `the path ${path.slice(0, 20)}`,
      text: withOne(`  input: [{path: ${path}}]\n`),
      found: [`6:18+${path.length} bad-path a input[0].path: the path "${text.length > 80 ? `${text.slice(0, 80)}…` : text}" of input 1 of operator "a" ${problem}`],
    };
  }),
];

const values: readonly Row[] = [
  ...([
    ['cpu', '-1'], ['cpu', '0.5'], ['cpu', '1.0'], ['cpu', '1e3'], ['cpu', '0x10'], ['cpu', 'two'], ['cpu', '" 1"'], ['cpu', '01'], ['gpu', 'all'], ['memory', '10000000000'],
  ] as const).map(([name, value]): Row => ({
    is: `${name}: ${value}`,
    text: withOne(`  requests: {${name}: ${value}}\n`),
    found: [`6:${16 + name.length}+${value.length} bad-request a requests.${name}: the request for ${name} must be a number of ${{ cpu: 'whole cores', gpu: 'whole devices', memory: 'whole megabytes' }[name]}, not "${value.replaceAll('"', '')}" (write it in digits, from 0 to 999999999)`],
  })),
  { is: 'memory with a unit', text: withOne('  requests: {memory: 8GiB}\n'), found: ['6:22+4 bad-request a requests.memory: the request for memory must be a number of whole megabytes, not "8GiB" (write megabytes without a unit: memory: 8192)'] },
  { is: 'an unknown request', text: withOne('  requests: {gpus: 1}\n'), found: ['6:14+4 unknown-property a requests.gpus: "requests" of operator "a" has no property "gpus"; it is ignored (did you mean "gpu"?)'] },
  { is: 'requests as a list', text: withOne('  requests: [cpu]\n'), found: ['6:13+5 wrong-type a requests: "requests" of operator "a" must be an object, not a list'] },
  { is: 'variables as a list', text: withOne('  variables: [A=1]\n'), found: ['6:14+5 wrong-type a variables: "variables" of operator "a" must be an object, not a list'] },
  { is: 'a variable that is a list', text: withOne('  variables: {A: [1]}\n'), found: ['6:18+3 wrong-type a variables.A: "variables.A" of operator "a" must be a single value, not a list'] },
  { is: 'a variable with =', text: withOne('  variables: {A=B: 1}\n'), found: ['6:15+3 bad-variable a variables.A=B: no environment variable can be named "A=B" (leave out "=")'] },
  { is: 'variables that shells cannot read', text: withOne('  variables: {1A: 1, a-b: 2, ä: 3}\n'), found: [['15', '1A'], ['22', 'a-b'], ['30', 'ä']].map(([column, name]) =>
    `6:${column}+${name!.length} environment-name a variables.${name}: the variable name "${name}" is one that shells cannot read (use letters, digits and "_", and no digit first)`) },
  { is: 'a variable of the pipeline', text: `${head}variables: {A=B: 1}\noperators:\n${one}`, found: ['3:13+3 bad-variable - variables.A=B: no environment variable can be named "A=B" (leave out "=")'] },
];

describe.each([['the document', documents], ['an operator', operators], ['types and models', typed], ['a container', containers], ['inputs and outputs', mounts], ['requests and variables', values]] as const)('%s', (_, rows) => {
  test.each(rows)('$is', ({ text, found }) => {
    expect(findings(text)).toEqual(found);
  });
});

describe('what is fine', () => {
  test.each([
    'a', 'host-image', 'example/a', 'Example/A', 'nvcr.io/nvidia/clara/dicom-reader', 'localhost:5000/a', 'registry.example.com:443/a/b_c/d.e', '10.0.0.1:5000/x', 'a'.repeat(255),
  ])('the image %s', (image) => {
    expect(pipelineOf(withContainer(`{image: "${image}"}`)).operators[0]?.container).toEqual({ image, tag: 'latest', command: [] });
  });

  test.each(['latest', '20.07-v1-py3', '_x', '1', 'a'.repeat(128)])('the tag %s', (tag) => {
    expect(pipelineOf(withContainer(`{image: a, tag: ${tag}}`)).operators[0]?.container.tag).toBe(tag);
  });

  test('arguments of all kinds, as they are written', () => {
    expect(pipelineOf(withContainer('{image: host, command: [sh, -c, "a b", "", 1.0, null, ~, true, "$(NAME)", "${NAME}", "x\\ny"]}')).operators[0]?.container.command)
      .toEqual(['sh', '-c', 'a b', '', '1.0', 'null', '~', 'true', '$(NAME)', '${NAME}', 'x\ny']);
  });

  test('an empty command is the image\'s own', () => {
    expect(pipelineOf(withContainer('{image: a, command: []}')).operators[0]?.container.command).toEqual([]);
  });

  test.each([['/in', '/in'], ['/in/', '/in'], ['//a///b//', '/a/b'], ['/a/./b', '/a/b'], ['/with space', '/with space'], ['/ünï', '/ünï'], ['/a..b', '/a..b'], ['/process', '/process']])('the path %s', (path, normal) => {
    expect(pipelineOf(withOne(`  input: [{path: ${path}}]\n`)).operators[0]?.inputs[0]?.path).toBe(normal);
  });

  test.each([['0', 0], ['"4"', 4], ['999999999', 999999999]])('a request of %s', (text, amount) => {
    expect(pipelineOf(withOne(`  requests: {cpu: ${text}}\n`)).operators[0]?.requests).toEqual({ cpu: amount, gpu: undefined, memory: undefined });
  });

  test.each([['clara', 'Clara'], ['CLARA', 'Clara'], ['', undefined], ['null', undefined]])('the orchestrator %s', (text, orchestrator) => {
    expect(pipelineOf(`${head}orchestrator: ${text}\noperators:\n${one}`).orchestrator).toBe(orchestrator);
  });

  test('properties without a value are as good as left out', () => {
    const pipeline = pipelineOf(`${head}description:\nparameters: ~\nvariables: null\npull-secrets:\noperators:\n${one}  input:\n  output: ~\n  requests: {cpu: ~}\n  variables:\n  models:\n  services: ~\n`);
    expect(pipeline).toMatchObject({ description: '', parameters: {}, variables: {}, pullSecrets: [] });
    expect(pipeline.operators[0]).toMatchObject({ inputs: [], outputs: [], requests: { cpu: undefined }, variables: {}, models: [] });
  });

  test('models, secrets and descriptions are kept', () => {
    const pipeline = pipelineOf('api-version: 0.6.0\nname: x\ndescription: what it does\npull-secrets: [ngc-clara, other]\noperators:\n- name: a\n  description: more\n  container: {image: a}\n  models: [{name: m.1}, {name: n}]\n');
    expect(pipeline).toMatchObject({ apiVersion: '0.6.0', description: 'what it does', pullSecrets: ['ngc-clara', 'other'] });
    expect(pipeline.operators[0]).toMatchObject({ description: 'more', models: ['m.1', 'n'] });
  });

  test('one name may stand for different things', () => {
    pipelineOf(withOne('  output: [{name: a, path: /o}]\n- name: x\n  container: {image: a}\n  input: [{from: a, name: a, path: /i}]\n  output: [{name: a, path: /o}]\n'));
  });

  test('an earlier api-version of an operator', () => {
    pipelineOf(withOne('  api-version: 0.4.0\n'));
  });
});
