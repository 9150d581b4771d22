import { type Verb } from '../../terminal/program/declare.ts';
import { complete, completion } from './completion.ts';
import { config } from './config.ts';
import { create } from './create.ts';
import { compile, graph, init, validate } from './definitions.ts';
import { remove } from './delete.ts';
import { describe } from './describe.ts';
import { logs, run, watch } from './jobs.ts';
import { list } from './list.ts';
import { plugin } from '../plugins/declarations.ts';
import { pull } from './pull.ts';
import { cancel, start } from './start-cancel.ts';
import { results } from '../commands/results/declarations.ts';
import { update } from './update.ts';
import { download, upload } from './transfer.ts';
import { version } from './version.ts';

/** Every built-in, in the order of the help. */
export const verbs: readonly Verb[] = [
  run,
  create,
  list,
  describe,
  start,
  watch,
  logs,
  cancel,
  upload,
  download,
  update,
  remove,
  validate,
  graph,
  compile,
  init,
  pull,
  results,
  config,
  plugin,
  completion,
  version,
  complete,
];
