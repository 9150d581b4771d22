import { describe, expect, test } from 'vitest';
import { type AssociationEvent, type State, transition } from '../../../../src/dicom/net/association/states.ts';

const states = Array.from({ length: 13 }, (_, index) => `Sta${index + 1}` as State);

/** PS3.8 table 9-10, typed from its print: a row an event, Sta1 to Sta13 from left to right; `-` is an empty cell. */
const table: Readonly<Record<AssociationEvent, string>> = {
  'A-ASSOCIATE request': 'AE-1>4 - - - - - - - - - - - -',
  'transport confirmed': '- - - AE-2>5 - - - - - - - - -',
  'A-ASSOCIATE-AC': '- AA-1>13 AA-8>13 - AE-3>6 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-6>13',
  'A-ASSOCIATE-RJ': '- AA-1>13 AA-8>13 - AE-4>1 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-6>13',
  'transport indicated': 'AE-5>2 - - - - - - - - - - - -',
  'A-ASSOCIATE-RQ': '- AE-6>3|13 AA-8>13 - AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-7>13',
  'A-ASSOCIATE response accept': '- - AE-7>6 - - - - - - - - - -',
  'A-ASSOCIATE response reject': '- - AE-8>13 - - - - - - - - - -',
  'P-DATA request': '- - - - - DT-1>6 - AR-7>8 - - - - -',
  'P-DATA-TF': '- AA-1>13 AA-8>13 - AA-8>13 DT-2>6 AR-6>7 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-6>13',
  'A-RELEASE request': '- - - - - AR-1>7 - - - - - - -',
  'A-RELEASE-RQ': '- AA-1>13 AA-8>13 - AA-8>13 AR-2>8 AR-8>9|10 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-6>13',
  'A-RELEASE-RP': '- AA-1>13 AA-8>13 - AA-8>13 AA-8>13 AR-3>1 AA-8>13 AA-8>13 AR-10>12 AR-3>1 AA-8>13 AA-6>13',
  'A-RELEASE response': '- - - - - - - AR-4>13 AR-9>11 - - AR-4>13 -',
  'A-ABORT request': '- - AA-1>13 AA-2>1 AA-1>13 AA-1>13 AA-1>13 AA-1>13 AA-1>13 AA-1>13 AA-1>13 AA-1>13 -',
  'A-ABORT': '- AA-2>1 AA-3>1 - AA-3>1 AA-3>1 AA-3>1 AA-3>1 AA-3>1 AA-3>1 AA-3>1 AA-3>1 AA-2>1',
  'transport closed': '- AA-5>1 AA-4>1 AA-4>1 AA-4>1 AA-4>1 AA-4>1 AA-4>1 AA-4>1 AA-4>1 AA-4>1 AA-4>1 AR-5>1',
  'ARTIM expired': '- AA-2>1 - - - - - - - - - - AA-2>1',
  'invalid PDU': '- AA-1>13 AA-8>13 - AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-8>13 AA-7>13',
};

describe('PS3.8 table 9-10', () => {
  test.each(Object.entries(table))('%s', (event, row) => {
    const cells = states.map((state) => {
      const step = transition(state, event as AssociationEvent);
      return step === undefined ? '-' : `${step.action}>${[step.next].flat().map((next) => next.slice(3)).join('|')}`;
    });
    expect(cells.join(' ')).toBe(row);
  });
});
