/**
 * A definition of operators that do nothing. `chain`: each reads the output of the one before; `side`: none waits for
 * another.
 */
export function noOpPipeline(operators: number, shape: 'chain' | 'side', container = { image: 'host', tag: 'latest', command: ['true'] }): string {
  const lines = ['api-version: 0.4.0', `name: ${shape}-${operators}`, 'operators:'];
  for (let index = 1; index <= operators; index += 1) {
    lines.push(
      `- name: step-${index}`,
      '  container:', `    image: ${container.image}`, `    tag: ${container.tag}`, `    command: ${JSON.stringify(container.command)}`,
      ...(shape === 'chain' && index > 1 ? ['  input:', `  - from: step-${index - 1}`, '    path: /input'] : []),
      '  output:', '  - path: /output',
    );
  }
  return `${lines.join('\n')}\n`;
}
