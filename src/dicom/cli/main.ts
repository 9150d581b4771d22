import { perform } from '../../terminal/perform.ts';
import { runProcess } from '../../terminal/process.ts';
import { parseCommandLine } from '../../terminal/program/parse.ts';
import { program, verbs, version } from './declarations.ts';

void runProcess(async (argv, surroundings) => {
  await perform(parseCommandLine(verbs, argv, [], program), version, surroundings);
  return 0;
});
