import { type Context } from '../../terminal/context.ts';
import { printList, type ListView } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { type Workflow } from '../project/model.ts';
import { projectOf } from './place.ts';

const view: ListView<Workflow> = {
  kind: 'workflow',
  id: ({ id }) => id,
  data: ({ id, stages, waitLocks, args, ioFolders }) => ({ id, stages, waitLocks, args, ioFolders }),
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'STAGES', value: ({ stages }) => stages.join(' ') },
  ],
};

/** `clara-wf lw`: the ids that `test` takes. */
export async function listWorkflows(context: Context, { output }: { readonly output: OutputFormat | undefined }): Promise<void> {
  const project = await projectOf(context);
  await printList(context.io, view, project.workflows(), { output, quiet: output === undefined });
}
