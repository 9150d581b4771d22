/** First words that a plugin can never have; those of the declarations, known without loading them (a test compares). */
export const builtInNames: readonly string[] = [
  'run', 'create', 'list', 'describe', 'start', 'watch', 'logs', 'cancel', 'upload', 'download', 'update', 'delete', 'validate', 'graph', 'compile', 'init',
  'pull', 'results', 'config', 'plugin', 'completion', 'version', '__complete', 'help',
];
