import { version } from '../declarations/version.ts';
import { perform } from '../perform.ts';
import { runProcess } from '../process.ts';
import { parseCommandLine } from '../program/parse.ts';
import { program, verbs } from './declarations.ts';

void runProcess(async (argv, surroundings) => {
  await perform(parseCommandLine(verbs, argv, [], program), version.commands[0]!, surroundings);
  return 0;
});
