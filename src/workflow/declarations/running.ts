import { type Verb } from '../../terminal/program/declare.ts';

/** The commands that run workflows and what they need, in the order of the help. */
export const running: readonly Verb[] = [];
