import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';

/** Operator `a` with services, which begin in line 7. */
const definition = (services: string) => `api-version: 0.4.0\nname: x\noperators:\n- name: a\n  container: {image: a}\n  services:\n${services}`;

function load(services: string) {
  return loadPipeline([{ path: 'main.yaml', content: definition(services) }]);
}

function found(services: string): string[] {
  const content = definition(services);
  return load(services).findings.filter(({ code }) => code !== 'deprecated-services')
    .map(({ line, column, length, code, property, message, help }) => `${marked(content, line, column, length)} ${code} ${property}: ${message}${help === undefined ? '' : ` (${help})`}`);
}

/** What a finding underlines, in `< >`. */
function marked(content: string, line: number, column: number, length: number): string {
  return `<${content.split('\n')[line - 1]!.slice(column - 1, column - 1 + length)}>`;
}

test('a service with everything', () => {
  const { pipeline, findings } = load(`  - name: Infer
    api-version: 0.4.0
    description: inference
    container:
      image: nvcr.io/nvidia/tritonserver
      tag: 20.07-v1-py3
      command: [tritonserver, "--model-repository=$(NVIDIA_CLARA_SERVICE_DATA_PATH)/models"]
    requests: {gpu: 1, memory: 8192}
    variables: {LEVEL: 0x10}
    connections:
      http:
      - {name: NVIDIA_CLARA_TRTISURI, port: 8000}
      - {name: METRICS}
`);
  expect(findings.map(({ code, line, column }) => [code, line, column])).toEqual([['deprecated-services', 6, 3]]);
  expect(pipeline?.operators[0]?.services).toEqual([{
    name: 'Infer', description: 'inference',
    container: { image: 'nvcr.io/nvidia/tritonserver', tag: '20.07-v1-py3', command: ['tritonserver', '--model-repository=$(NVIDIA_CLARA_SERVICE_DATA_PATH)/models'] },
    requests: { cpu: undefined, gpu: 1, memory: 8192 }, variables: { LEVEL: '0x10' },
    connections: [{ name: 'NVIDIA_CLARA_TRTISURI', port: 8000 }, { name: 'METRICS', port: undefined }],
  }]);
});

test('an empty list of services is none', () => {
  expect(load('    []\n')).toMatchObject({ findings: [], pipeline: { operators: [{ services: [] }] } });
});

test('one service of the same name under several operators', () => {
  const service = '  services: [{name: trtis, container: {image: t}}]\n';
  const { findings } = loadPipeline([{ path: 'main.yaml', content: `api-version: 0.4.0\nname: x\noperators:\n- name: a\n  container: {image: a}\n${service}- name: b\n  container: {image: b}\n${service}` }]);
  expect(findings.map(({ code }) => code)).toEqual(['deprecated-services']);
});

describe('what is wrong with a service', () => {
  test.each<readonly [string, readonly string[]]>([
    ['    infer\n', ['<infer> wrong-type services: "services" of operator "a" must be a list, not a single value (begin each service with "- name: …")']],
    ['  - infer\n', ['<infer> wrong-type services[0]: service 1 of operator "a" must be an object, not a single value']],
    ['  - container: {image: t}\n', ['<container> missing-property services[0].name: service 1 of operator "a" has no "name"']],
    ['  - name: t\n', ['<t> missing-property services[0].container: service "t" of operator "a" has no "container" (a service needs at least container: {image: …})']],
    ['  - {name: "a b", container: {image: t}}\n', ['<"a b"> bad-name services[0].name: the name of service 1 of operator "a", "a b", has a space at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed']],
    ['  - {name: t, container: {image: t}}\n  - {name: T, container: {image: u}}\n', ['<T> duplicate-name services[1].name: operator "a" has two services named "T"; case makes no difference']],
    ['  - {name: t, container: {image: "t:1"}}\n', ['<"t:1"> bad-image services[0].container.image: the image "t:1" has a tag in its name (write image: t and tag: "1")']],
    ['  - {name: t, container: {image: t}, api-version: 0.5.0}\n', ['<0.5.0> operator-version services[0].api-version: service "t" of operator "a" has api-version 0.5.0, later than the pipeline\'s 0.4.0 (leave "api-version" to the pipeline)']],
    ['  - {name: t, container: {image: t}, parameters: {A: 1}}\n', ['<parameters> unknown-property services[0].parameters: service "t" of operator "a" has no property "parameters"; it is ignored (a service has no parameters)']],
    ['  - {name: t, container: {image: t}, requests: {gpu: -1}}\n', ['<-1> bad-request services[0].requests.gpu: the request for gpu must be a number of whole devices, not "-1" (write it in digits, from 0 to 999999999)']],
    ['  - {name: t, container: {image: nvidia/tritonserver}}\n', ['<nvidia/tritonserver> gpu-request services[0].container.image: service "t" of operator "a" runs an inference server and requests no GPU, so that it sees none (write requests: {gpu: 1}, or {gpu: 0} where it needs none)']],
    ['  - {name: t, container: {image: nvidia/tritonserver}, requests: {gpu: 0}}\n', []],
  ])('%j', (services, expected) => {
    expect(found(services)).toEqual(expected);
  });
});

describe('what is wrong with connections', () => {
  const service = (connections: string, name = 't') => `  - {name: ${name}, container: {image: t}, connections: ${connections}}\n`;

  test.each<readonly [string, readonly string[]]>([
    ['[http]', ['<[http]> wrong-type services[0].connections: "connections" of service "t" of operator "a" must be an object, not a list']],
    ['{http: X}', ['<X> wrong-type services[0].connections.http: "http" of "connections" of service "t" of operator "a" must be a list, not a single value (begin each connection with "- name: …")']],
    ['{http: [X]}', ['<X> wrong-type services[0].connections.http[0]: connection 1 of service "t" of operator "a" must be an object, not a single value']],
    ['{http: [{port: 8000}]}', ['<port> missing-property services[0].connections.http[0].name: connection 1 of service "t" of operator "a" has no "name"']],
    ['{file: [{name: X}]}', ['<file> unknown-property services[0].connections.file: "connections" of service "t" of operator "a" has no property "file"; it is ignored (what services share is in NVIDIA_CLARA_SERVICE_DATA_PATH)']],
    ['{http: [{name: X, prot: 8000}]}', ['<prot> unknown-property services[0].connections.http[0].prot: connection 1 of service "t" of operator "a" has no property "prot"; it is ignored (did you mean "port"?)']],
    ['{http: [{name: a-b}]}', ['<a-b> environment-name services[0].connections.http[0].name: the connection name "a-b" becomes a variable that shells cannot read (use letters, digits and "_", and no digit first)']],
    ['{http: [{name: a=b}]}', ['<a=b> bad-variable services[0].connections.http[0].name: no environment variable can be named "a=b" (leave out "=")']],
    ['{http: [{name: X}, {name: X}]}', ['<X> duplicate-name services[0].connections.http[1].name: service "t" of operator "a" has two connections named "X"']],
  ])('%s', (connections, expected) => {
    expect(found(service(connections))).toEqual(expected);
  });

  test.each(['0', '80', '1023', '65536', '-8000', '8000.0', '0x1f40', 'http', '080000'])('the port %s', (port) => {
    expect(found(service(`{http: [{name: X, port: ${port}}]}`))).toEqual([
      `<${port}> bad-port services[0].connections.http[0].port: the port of connection 1 of service "t" of operator "a" must be a number from 1024 to 65535, not "${port}"`,
    ]);
  });

  test.each([1024, 65_535])('the port %s is one', (port) => {
    expect(load(service(`{http: [{name: X, port: ${port}}]}`)).pipeline?.operators[0]?.services[0]?.connections).toEqual([{ name: 'X', port }]);
  });

  test('two services with a connection of one name', () => {
    expect(found(service('{http: [{name: X}]}') + service('{http: [{name: X}, {name: x}]}', 'u'))).toEqual([
      '<X> duplicate-connection services[1].connections.http[0].name: service "t" of operator "a" has a connection named "X" too; the operator gets the later one only (give each connection a name of its own)',
    ]);
  });
});
