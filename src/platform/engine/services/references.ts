/**
 * Puts the values of variables in the place of `$(NAME)`, as Kubernetes does: a name that is not known stays as it is, and
 * `$$(NAME)` is `$(NAME)` itself.
 */
export function expandReferences(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)\s]+)\)/g, (found, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(variables, name) ? variables[name]! : found;
  });
}
