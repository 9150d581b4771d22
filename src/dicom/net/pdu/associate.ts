import { aeTitle, Fields, item, readText, readUid, u16 } from './fields.ts';
import { invalid } from './protocol-error.ts';
import { type AnsweredContext, type AssociateAccept, type AssociateRequest, type ContextResult, contextResults, type ProposedContext, type UserInformation } from './types.ts';
import { decodeUserInformation, encodeUserInformation, userInformationItem } from './user-information.ts';

/** Items of PS3.8 9.3.2 and 9.3.3. */
const [applicationContextItem, proposedContextItem, answeredContextItem, abstractSyntaxItem, transferSyntaxItem] = [0x10, 0x20, 0x21, 0x30, 0x40] as const;

/** What follows the PDU header of an A-ASSOCIATE-RQ (PS3.8 9.3.2). */
export function decodeAssociateRequest(body: Buffer): AssociateRequest {
  const { items, ...fixed } = decodeCommon(body, 'the A-ASSOCIATE-RQ');
  const contexts = items.filter(({ type }) => type === proposedContextItem).map(({ value }) => decodeProposed(value));
  if (new Set(contexts.map(({ id }) => id)).size < contexts.length) throw invalid('two presentation contexts have the same id');
  return { type: 'A-ASSOCIATE-RQ', ...fixed, contexts };
}

/** What follows the PDU header of an A-ASSOCIATE-AC (PS3.8 9.3.3). */
export function decodeAssociateAccept(body: Buffer): AssociateAccept {
  const { items, ...fixed } = decodeCommon(body, 'the A-ASSOCIATE-AC');
  return { type: 'A-ASSOCIATE-AC', ...fixed, contexts: items.filter(({ type }) => type === answeredContextItem).map(({ value }) => decodeAnswered(value)) };
}

function decodeCommon(body: Buffer, what: string) {
  const fields = new Fields(body, what);
  const protocolVersion = fields.u16();
  fields.skip(2);
  const calledAe = readText(fields.take(16), 'the called AE title');
  const callingAe = readText(fields.take(16), 'the calling AE title');
  fields.skip(32);
  const items: { readonly type: number; readonly value: Buffer }[] = [];
  let applicationContext = '';
  let user: UserInformation = { maximumLength: 0 };
  while (fields.left > 0) {
    const found = fields.item();
    if (found.type === applicationContextItem) applicationContext = readText(found.value, 'the application context name');
    else if (found.type === userInformationItem) user = decodeUserInformation(found.value);
    else items.push(found);
  }
  return { protocolVersion, calledAe, callingAe, applicationContext, user, items };
}

/** PS3.8 9.3.2.2: one abstract syntax, one or more transfer syntaxes. */
function decodeProposed(value: Buffer): ProposedContext {
  const fields = new Fields(value, 'a presentation context');
  const id = fields.u8();
  fields.skip(3);
  if (id % 2 === 0) throw invalid(`a presentation context has the even id ${id}`);
  let abstractSyntax: string | undefined;
  const transferSyntaxes: string[] = [];
  while (fields.left > 0) {
    const { type, value: uid } = fields.item();
    if (type === abstractSyntaxItem) abstractSyntax = readUid(uid, 'an abstract syntax');
    else if (type === transferSyntaxItem) transferSyntaxes.push(readUid(uid, 'a transfer syntax'));
  }
  if (abstractSyntax === undefined || transferSyntaxes.length === 0) throw invalid(`presentation context ${id} has no abstract or no transfer syntax`);
  return { id, abstractSyntax, transferSyntaxes };
}

/** PS3.8 9.3.3.2: the transfer syntax is not significant, and may be missing, where the context is refused. */
function decodeAnswered(value: Buffer): AnsweredContext {
  const fields = new Fields(value, 'a presentation context');
  const id = fields.u8();
  fields.skip(1);
  const number = fields.u8();
  fields.skip(1);
  const result = (Object.keys(contextResults) as ContextResult[]).find((name) => contextResults[name] === number);
  if (result === undefined) throw invalid(`presentation context ${id} has the unknown result ${number}`);
  if (result !== 'accepted') return { id, result, transferSyntax: '' };
  for (;;) {
    if (fields.left === 0) throw invalid(`accepted presentation context ${id} has no transfer syntax`);
    const { type, value: uid } = fields.item();
    if (type === transferSyntaxItem) return { id, result, transferSyntax: readUid(uid, 'a transfer syntax') };
  }
}

export function encodeAssociateRequest(request: AssociateRequest): Buffer {
  return encodeCommon(request, request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) => item(
    proposedContextItem, Buffer.of(id, 0, 0, 0), uidItem(abstractSyntaxItem, abstractSyntax), ...transferSyntaxes.map((uid) => uidItem(transferSyntaxItem, uid)),
  )));
}

export function encodeAssociateAccept(accept: AssociateAccept): Buffer {
  return encodeCommon(accept, accept.contexts.map(({ id, result, transferSyntax }) => item(
    answeredContextItem, Buffer.of(id, 0, contextResults[result], 0), uidItem(transferSyntaxItem, transferSyntax),
  )));
}

function encodeCommon(pdu: AssociateRequest | AssociateAccept, contexts: readonly Buffer[]): Buffer {
  return Buffer.concat([
    u16(pdu.protocolVersion), Buffer.alloc(2), aeTitle(pdu.calledAe), aeTitle(pdu.callingAe), Buffer.alloc(32),
    uidItem(applicationContextItem, pdu.applicationContext), ...contexts, encodeUserInformation(pdu.user),
  ]);
}

/** UIDs are not padded in PDUs (PS3.8 annex F). */
function uidItem(type: number, uid: string): Buffer {
  return item(type, Buffer.from(uid, 'latin1'));
}
