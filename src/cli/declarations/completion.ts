import { command, type Verb } from '../../terminal/program/declare.ts';

export const completion: Verb = {
  name: 'completion',
  summary: 'Print the completion script of a shell',
  commands: [command({
    verb: 'completion',
    summary: 'Print the completion script of a shell: bash, zsh or fish',
    description: 'Commands, types, flags and their values are completed, and ids of pipelines, jobs, payloads and models, for which the platform is asked. A platform that does not answer at once is left out.',
    args: [{ name: 'SHELL', help: 'bash, zsh or fish', complete: ['bash', 'zsh', 'fish'] }],
    options: {},
    examples: [
      ['source <(clara completion bash)', 'in ~/.bashrc'],
      ['source <(clara completion zsh)', 'in ~/.zshrc, after compinit'],
      ['clara completion fish > ~/.config/fish/completions/clara.fish', 'for fish'],
    ],
    load: () => import('../commands/completion.ts').then((module) => module.printCompletion),
  })],
};

/** What the scripts call at every Tab: the words after `clara`, the last of them the one to complete. */
export const complete: Verb = {
  name: '__complete',
  summary: 'Complete a command line',
  hidden: true,
  commands: [command({
    verb: '__complete',
    summary: 'Complete a command line: the words after `--`, the last of them unfinished',
    args: [{ name: 'WORD', help: 'words of the line', many: true, optional: true }],
    options: {},
    examples: [['clara __complete -- describe job -j 2f', 'candidates, one a line']],
    hidden: true,
    load: () => import('../commands/complete.ts').then((module) => module.printCandidates),
  })],
};
