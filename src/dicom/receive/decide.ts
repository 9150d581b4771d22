import { type ClaraAeTitle, type Source } from '../entities/entities.ts';
import { type AssociationRequest, type ContextDecision } from '../net/scp/types.ts';
import { rejections, type Rejection } from '../net/pdu/rejection.ts';
import { type ProposedContext } from '../net/pdu/types.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type EntityStore } from '../store/entities.ts';
import { isStorageClass } from '../uids/classes.ts';
import { verificationClass } from '../uids/well-known.ts';
import { type DiskGuard } from './disk-guard.ts';

/** What the decision depends on; read anew for each association, so that changes take effect at once. */
export interface Admittance {
  readonly rejectUnknownSources: boolean;
  readonly verification: { readonly enabled: boolean; readonly transferSyntaxes: readonly string[] };
  source(aeTitle: string): Source | undefined;
  called(aeTitle: string): ClaraAeTitle | undefined;
  hasRoom(): boolean;
}

/** As it is now. */
export function admittanceOf(settings: Pick<AdapterSettings['scp'], 'rejectUnknownSources' | 'verification'>, entities: Pick<EntityStore, 'source' | 'called'>, disk: Pick<DiskGuard, 'hasRoom'>): Admittance {
  return {
    rejectUnknownSources: settings.rejectUnknownSources, verification: settings.verification,
    source: (aeTitle) => entities.source(aeTitle), called: (aeTitle) => entities.called(aeTitle), hasRoom: () => disk.hasRoom(),
  };
}

export type Refusal = { readonly rejection: Rejection; readonly why: string };

/** Why an association is rejected, checked in the original's order (dicom-adapter 6); undefined: it is accepted. */
export function refusalOf(request: Pick<AssociationRequest, 'callingAe' | 'calledAe' | 'remoteAddress' | 'contexts'>, admittance: Admittance): Refusal | undefined {
  if (admittance.rejectUnknownSources) {
    const source = admittance.source(request.callingAe);
    const rejection = rejections['calling AE title not recognized'];
    if (source === undefined) return { rejection, why: `no source has the AE title ${request.callingAe}` };
    if (source.hostIp.toLowerCase() !== request.remoteAddress.toLowerCase()) return { rejection, why: `the source ${source.aeTitle} is registered with ${source.hostIp}, and this is ${request.remoteAddress}` };
  }
  if (admittance.called(request.calledAe) === undefined) return { rejection: rejections['called AE title not recognized'], why: `there is no AE title ${request.calledAe}` };
  for (const { abstractSyntax } of request.contexts) {
    if (abstractSyntax === verificationClass && !admittance.verification.enabled) return { rejection: rejections['application context name not supported'], why: 'C-ECHO is switched off' };
    if (isStorageClass(abstractSyntax) && !admittance.hasRoom()) return { rejection: rejections['no reason given'], why: 'the disk is too full' };
  }
  return undefined;
}

/** The answer to a proposed context: storage takes the sender's first choice, whatever it is, for nothing is decoded. */
export function contextDecision({ abstractSyntax, transferSyntaxes }: ProposedContext, { verification }: Pick<Admittance, 'verification'>): ContextDecision {
  const chosen = abstractSyntax === verificationClass ? transferSyntaxes.find((uid) => verification.transferSyntaxes.includes(uid)) : transferSyntaxes[0];
  if (abstractSyntax !== verificationClass && !isStorageClass(abstractSyntax)) return { refuse: 'no reason' };
  return chosen === undefined ? { refuse: 'transfer syntaxes not supported' } : { transferSyntax: chosen };
}
