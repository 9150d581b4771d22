/**
 * The states of an association (PS3.8 9.2.1):
 * 1 idle; 2 transport open, waiting for A-ASSOCIATE-RQ; 3 waiting for our answer to it; 4 opening the transport; 5 waiting for
 * the answer of the peer; 6 established; 7 waiting for A-RELEASE-RP; 8 waiting for our answer to A-RELEASE-RQ; 9 to 12 both
 * sides released at once: 9 requestor, our answer is due, 10 acceptor, that of the peer is due, 11 requestor, that of the peer
 * is due, 12 acceptor, our answer is due; 13 waiting for the transport to close.
 */
export type State = 'Sta1' | 'Sta2' | 'Sta3' | 'Sta4' | 'Sta5' | 'Sta6' | 'Sta7' | 'Sta8' | 'Sta9' | 'Sta10' | 'Sta11' | 'Sta12' | 'Sta13';

/** The events of PS3.8 table 9-10. "request" and "response" come from our side, PDUs from the peer. */
export type AssociationEvent =
  | 'A-ASSOCIATE request' // Evt1
  | 'transport confirmed' // Evt2
  | 'A-ASSOCIATE-AC' // Evt3
  | 'A-ASSOCIATE-RJ' // Evt4
  | 'transport indicated' // Evt5
  | 'A-ASSOCIATE-RQ' // Evt6
  | 'A-ASSOCIATE response accept' // Evt7
  | 'A-ASSOCIATE response reject' // Evt8
  | 'P-DATA request' // Evt9
  | 'P-DATA-TF' // Evt10
  | 'A-RELEASE request' // Evt11
  | 'A-RELEASE-RQ' // Evt12
  | 'A-RELEASE-RP' // Evt13
  | 'A-RELEASE response' // Evt14
  | 'A-ABORT request' // Evt15
  | 'A-ABORT' // Evt16
  | 'transport closed' // Evt17
  | 'ARTIM expired' // Evt18
  | 'invalid PDU'; // Evt19

/** The actions of PS3.8 tables 9-6 to 9-9. */
export type Action =
  | 'AE-1' | 'AE-2' | 'AE-3' | 'AE-4' | 'AE-5' | 'AE-6' | 'AE-7' | 'AE-8'
  | 'DT-1' | 'DT-2'
  | 'AR-1' | 'AR-2' | 'AR-3' | 'AR-4' | 'AR-5' | 'AR-6' | 'AR-7' | 'AR-8' | 'AR-9' | 'AR-10'
  | 'AA-1' | 'AA-2' | 'AA-3' | 'AA-4' | 'AA-5' | 'AA-6' | 'AA-7' | 'AA-8';

export interface Transition {
  readonly action: Action;
  /** Two of them: what the action finds decides. AE-6: the request is acceptable, or is not. AR-8: we are the requestor, or are not. */
  readonly next: State | readonly [State, State];
}

type Row = Partial<Record<State, readonly [Action, Transition['next']]>>;

/** The same cell for several states. */
function each(states: readonly State[], action: Action, next: State): Row {
  return Object.fromEntries(states.map((state) => [state, [action, next]]));
}

const fromEstablished = ['Sta6', 'Sta7', 'Sta8', 'Sta9', 'Sta10', 'Sta11', 'Sta12'] as const satisfies readonly State[];
const answered = ['Sta5', ...fromEstablished] as const satisfies readonly State[];

/** A PDU that is wrong here: nothing but its state says what happens. Cells of the rows below replace some of these. */
const unexpectedPdu: Row = {
  Sta2: ['AA-1', 'Sta13'],
  ...each(['Sta3', ...answered], 'AA-8', 'Sta13'),
  Sta13: ['AA-6', 'Sta13'],
};

/** PS3.8 table 9-10. */
const table: Readonly<Record<AssociationEvent, Row>> = {
  'A-ASSOCIATE request': { Sta1: ['AE-1', 'Sta4'] },
  'transport confirmed': { Sta4: ['AE-2', 'Sta5'] },
  'A-ASSOCIATE-AC': { ...unexpectedPdu, Sta5: ['AE-3', 'Sta6'] },
  'A-ASSOCIATE-RJ': { ...unexpectedPdu, Sta5: ['AE-4', 'Sta1'] },
  'transport indicated': { Sta1: ['AE-5', 'Sta2'] },
  'A-ASSOCIATE-RQ': { ...unexpectedPdu, Sta2: ['AE-6', ['Sta3', 'Sta13']], Sta13: ['AA-7', 'Sta13'] },
  'A-ASSOCIATE response accept': { Sta3: ['AE-7', 'Sta6'] },
  'A-ASSOCIATE response reject': { Sta3: ['AE-8', 'Sta13'] },
  'P-DATA request': { Sta6: ['DT-1', 'Sta6'], Sta8: ['AR-7', 'Sta8'] },
  'P-DATA-TF': { ...unexpectedPdu, Sta6: ['DT-2', 'Sta6'], Sta7: ['AR-6', 'Sta7'] },
  'A-RELEASE request': { Sta6: ['AR-1', 'Sta7'] },
  'A-RELEASE-RQ': { ...unexpectedPdu, Sta6: ['AR-2', 'Sta8'], Sta7: ['AR-8', ['Sta9', 'Sta10']] },
  'A-RELEASE-RP': { ...unexpectedPdu, Sta7: ['AR-3', 'Sta1'], Sta10: ['AR-10', 'Sta12'], Sta11: ['AR-3', 'Sta1'] },
  'A-RELEASE response': { Sta8: ['AR-4', 'Sta13'], Sta9: ['AR-9', 'Sta11'], Sta12: ['AR-4', 'Sta13'] },
  'A-ABORT request': { Sta4: ['AA-2', 'Sta1'], ...each(['Sta3', ...answered], 'AA-1', 'Sta13') },
  'A-ABORT': { Sta2: ['AA-2', 'Sta1'], ...each(['Sta3', ...answered], 'AA-3', 'Sta1'), Sta13: ['AA-2', 'Sta1'] },
  'transport closed': { Sta2: ['AA-5', 'Sta1'], ...each(['Sta3', 'Sta4', ...answered], 'AA-4', 'Sta1'), Sta13: ['AR-5', 'Sta1'] },
  'ARTIM expired': { Sta2: ['AA-2', 'Sta1'], Sta13: ['AA-2', 'Sta1'] },
  'invalid PDU': { ...unexpectedPdu, Sta13: ['AA-7', 'Sta13'] },
};

/** What an event does in a state; undefined for the empty cells of the table, which do not happen. */
export function transition(state: State, event: AssociationEvent): Transition | undefined {
  const cell = table[event][state];
  return cell === undefined ? undefined : { action: cell[0], next: cell[1] };
}
