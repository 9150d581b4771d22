/**
 * A definition (JSON is YAML) whose operators run shell commands on the host: each has the job's input at /input, what
 * the operator before it made at /before, and writes to /output.
 */
export function shellOperators(commands: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}): string {
  const names = Object.keys(commands);
  return JSON.stringify({
    'api-version': '0.4.0',
    name: 'shell-test',
    ...more,
    operators: names.map((name, index) => ({
      name,
      container: { image: 'host', command: ['/bin/sh', '-c', commands[name]] },
      input: [{ path: '/input' }, ...(index === 0 ? [] : [{ from: names[index - 1], path: '/before' }])],
      output: [{ path: '/output' }],
    })),
  });
}
