import { type FileMeta } from '../../part10/header.ts';
import { type ContextProposal, mostContexts } from '../../net/scu/open.ts';
import { conversionsOf } from '../../transcode/transcode.ts';

/** What one association is for: files, and the contexts that they need. */
export interface PlannedAssociation<File> {
  readonly contexts: readonly ContextProposal[];
  readonly files: readonly File[];
}

/**
 * Puts files on as few associations as hold the contexts that they need, in their order: for each pair of SOP class and stored
 * transfer syntax one, and one with the syntaxes that it can be converted to, which is used only if the peer refuses the former.
 */
export function plannedAssociations<File extends { readonly meta: Pick<FileMeta, 'sopClass' | 'transferSyntax'> }>(files: readonly File[]): PlannedAssociation<File>[] {
  const groups = new Map<string, { readonly contexts: readonly ContextProposal[]; readonly files: File[] }>();
  for (const file of files) {
    const { sopClass, transferSyntax } = file.meta;
    const key = `${sopClass} ${transferSyntax}`;
    const group = groups.get(key) ?? { contexts: contextsOf(sopClass, transferSyntax), files: [] };
    group.files.push(file);
    groups.set(key, group);
  }
  const planned: { contexts: ContextProposal[]; files: Set<File> }[] = [];
  for (const { contexts, files: members } of groups.values()) {
    let last = planned.at(-1);
    if (last === undefined || last.contexts.length + contexts.length > mostContexts) {
      last = { contexts: [], files: new Set() };
      planned.push(last);
    }
    last.contexts.push(...contexts);
    for (const file of members) last.files.add(file);
  }
  return planned.map(({ contexts, files: members }) => ({ contexts, files: files.filter((file) => members.has(file)) }));
}

function contextsOf(sopClass: string, transferSyntax: string): ContextProposal[] {
  const others = conversionsOf(transferSyntax);
  return [{ abstractSyntax: sopClass, transferSyntaxes: [transferSyntax] }, ...(others.length === 0 ? [] : [{ abstractSyntax: sopClass, transferSyntaxes: others }])];
}
