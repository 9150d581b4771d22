import { type Verb } from '../program/declare.ts';
import { validate } from './validate.ts';
import { version } from './version.ts';

/** Every built-in, in the order of the help. A plugin can never take one of these names. */
export const verbs: readonly Verb[] = [
  validate,
  version,
];
