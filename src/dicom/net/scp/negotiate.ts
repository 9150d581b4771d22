import { ClaraError } from '../../../core/errors.ts';
import { implementationClassUid, implementationVersionName } from '../../uids/implementation.ts';
import { type AnsweredContext, type AssociateAccept, type AssociateRequest, type ProposedContext } from '../pdu/types.ts';
import { type ContextDecision } from './types.ts';

/** What an accepted context id stands for. */
export interface AcceptedContext {
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

/** The A-ASSOCIATE-AC for a request: every proposed context is answered, in the order of the proposal (PS3.8 9.3.3). */
export function answerContexts(request: AssociateRequest, decide: (proposed: ProposedContext) => ContextDecision, maximumLength: number): { readonly accept: AssociateAccept; readonly contexts: ReadonlyMap<number, AcceptedContext> } {
  const contexts = new Map<number, AcceptedContext>();
  const answers = request.contexts.map((proposed): AnsweredContext => {
    const decision = decide(proposed);
    // Not significant where it is refused; some readers want one nevertheless.
    if ('refuse' in decision) return { id: proposed.id, result: decision.refuse, transferSyntax: proposed.transferSyntaxes[0]! };
    const { transferSyntax } = decision;
    if (!proposed.transferSyntaxes.includes(transferSyntax)) throw new ClaraError('failed', `transfer syntax ${transferSyntax} was not proposed for presentation context ${proposed.id}`);
    contexts.set(proposed.id, { abstractSyntax: proposed.abstractSyntax, transferSyntax });
    return { id: proposed.id, result: 'accepted', transferSyntax };
  });
  const accepted = new Set([...contexts.values()].map(({ abstractSyntax }) => abstractSyntax));
  // PS3.7 D.3.3.4: we only receive, so of the roles that a peer proposes it gets that of the user.
  const roles = (request.user.roles ?? []).filter(({ sopClass }) => accepted.has(sopClass)).map(({ sopClass, scu }) => ({ sopClass, scu, scp: false }));
  return {
    contexts,
    accept: {
      type: 'A-ASSOCIATE-AC', protocolVersion: 1, calledAe: request.calledAe, callingAe: request.callingAe, applicationContext: request.applicationContext, contexts: answers,
      // No asynchronous operations window: one operation at a time is what its absence means (PS3.7 D.3.3.3).
      user: { maximumLength, implementationClassUid, implementationVersionName, ...(roles.length > 0 && { roles }) },
    },
  };
}
