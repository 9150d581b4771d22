import { version } from '../declarations/version.ts';
import { perform } from '../../terminal/perform.ts';
import { runProcess } from '../../terminal/process.ts';
import { parseCommandLine } from '../../terminal/program/parse.ts';
import { program, verbs } from './declarations.ts';

void runProcess(async (argv, surroundings) => {
  await perform(parseCommandLine(verbs, argv, [], program), version.commands[0]!, surroundings);
  return 0;
});
