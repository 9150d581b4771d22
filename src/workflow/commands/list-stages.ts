import { type Context } from '../../terminal/context.ts';
import { printList, type ListView } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { imageOf } from '../project/model.ts';
import { projectOf } from './place.ts';

interface Row {
  readonly name: string;
  /** Undefined where values.yaml has no block for the stage. */
  readonly image: string | undefined;
  /** Ids of the workflows that use it, in the order of values.yaml. */
  readonly workflows: readonly string[];
}

const view: ListView<Row> = {
  kind: 'stage',
  id: ({ name }) => name,
  data: ({ name, image = null, workflows }) => ({ name, image, workflows }),
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'IMAGE', value: ({ image }) => image ?? '-' },
    { title: 'WORKFLOWS', value: ({ workflows }) => workflows.join(',') || '-' },
  ],
};

/** `clara-wf ls`: the folders of stages, one a line as the original prints them. */
export async function listStages(context: Context, { output }: { readonly output: OutputFormat | undefined }): Promise<void> {
  const project = await projectOf(context);
  const rows = project.stageFolders.map((name) => {
    const stage = project.findStage(name);
    const workflows = project.workflows().filter(({ stages }) => stages.includes(name)).map(({ id }) => id);
    return { name, image: stage === undefined ? undefined : imageOf(stage), workflows };
  });
  await printList(context.io, view, rows, { output, quiet: output === undefined });
}
