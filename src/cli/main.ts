import { execute } from './execute.ts';
import { runProcess } from './process.ts';

void runProcess(execute);
