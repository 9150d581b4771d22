import { expect, test } from 'vitest';
import { checkJobMove, checkOperatorMove, hasEnded, type JobCondition, type OperatorCondition } from '../../../src/core/states.ts';

const jobConditions: readonly JobCondition[] = ['created', 'queued', 'running', 'completed', 'faulted', 'canceled', 'evicted', 'terminated'];
const jobMoves = new Set([
  'created>queued', 'created>canceled', 'queued>running', 'queued>canceled', 'queued>faulted',
  'running>completed', 'running>faulted', 'running>canceled', 'running>evicted', 'running>terminated',
]);

test.each(jobConditions.flatMap((from) => jobConditions.map((to) => [from, to] as const)))('a job moves from %s to %s only by the table', (from, to) => {
  const move = () => checkJobMove(from, to);
  if (jobMoves.has(`${from}>${to}`)) expect(move).not.toThrow();
  else expect(move).toThrow(`a job that is ${from} cannot become ${to}`);
});

const operatorConditions: readonly OperatorCondition[] = ['pending', 'running', 'completed', 'faulted'];
const operatorMoves = new Set(['pending>running', 'running>completed', 'running>faulted', 'running>pending']);

test.each(operatorConditions.flatMap((from) => operatorConditions.map((to) => [from, to] as const)))('an operator moves from %s to %s only by the table', (from, to) => {
  const move = () => checkOperatorMove(from, to);
  if (operatorMoves.has(`${from}>${to}`)) expect(move).not.toThrow();
  else expect(move).toThrow(`an operator that is ${from} cannot become ${to}`);
});

test('ended is what nothing leaves', () => {
  expect(jobConditions.filter(hasEnded)).toEqual(['completed', 'faulted', 'canceled', 'evicted', 'terminated']);
});
