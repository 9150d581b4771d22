import { calledAs } from '../config/workflow.ts';
import { perform } from '../terminal/perform.ts';
import { runProcess } from '../terminal/process.ts';
import { parseCommandLine } from '../terminal/program/parse.ts';
import { verbs, version } from './declarations/index.ts';
import { programCalled } from './program.ts';

/** A cluster takes its time to remove what a test has installed. */
const patienceMs = 3 * 60_000;

void runProcess(async (argv, surroundings) => {
  await perform(parseCommandLine(verbs, argv, [], programCalled(calledAs())), version, surroundings);
  return 0;
}, patienceMs);
