import tseslint from 'typescript-eslint';

const everywhere = {
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
    { selector: 'TSEnumDeclaration', message: 'Use a union type or a const object.' },
  ],
  'no-console': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'prefer-const': 'error',
  'object-shorthand': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

export default tseslint.config(
  { ignores: ['bin/**', 'dist/**', 'src/api/generated/**', 'node_modules/**', 'docs/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: everywhere,
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 500, skipBlankLines: false, skipComments: false }] },
  },
  {
    // Programs without a build step: the plugins, whose names have no extension, and the build itself.
    files: ['plugins/clara-*', '.config/*.mjs'],
    ignores: ['plugins/*.json'],
    rules: { eqeqeq: everywhere.eqeqeq, 'prefer-const': 'error', 'object-shorthand': 'error' },
  },
  // What a plugin prints is its answer.
  { files: ['test/**/*.ts', 'templates/**/*.ts'], rules: { 'no-console': 'off' } },
);
