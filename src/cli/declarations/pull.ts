import { command, type Verb } from '../../terminal/program/declare.ts';
import { flag, output, text } from '../../terminal/program/options.ts';
import { components } from '../commands/pull/components.ts';

const words = [...components.map(({ word }) => word), 'pipeline'];

export const pull: Verb = {
  name: 'pull',
  summary: 'Install charts and pipelines that ship with clara, or your own',
  commands: [command({
    verb: 'pull',
    summary: 'Install charts and pipelines that ship with clara, or your own',
    description: 'Charts go to ~/.clara/charts, pipelines to ~/.clara/pipelines. What you have changed there is kept: a new version only '
      + 'replaces lines that you have not touched. The charts of `platform` and `dicom` ship with clara; NVIDIA\'s collection is gone, so '
      + 'for `render`, `monitor` and `console` name a copy with --from, which helm gets from a registry or a URL.',
    args: [
      { name: words.join('|'), help: 'what to install', complete: words },
      { name: 'NAME', help: 'name of the pipeline: ct-threshold, ct-threshold-dicom, series-selection, bone-and-air, job-values, shared-service, smooth-volume', optional: true, complete: ['ct-threshold', 'ct-threshold-dicom', 'series-selection', 'bone-and-air', 'job-values', 'shared-service', 'smooth-volume'] },
    ],
    options: {
      from: text('--from <place>', 'a folder, or what `helm pull` takes: oci://registry/chart, or the URL of a chart', { complete: 'folder' }),
      chartVersion: text('--chart-version <version>', 'which version helm is to get (default: the newest)', { complete: 'none' }),
      plainHttp: flag('--plain-http', 'the registry answers without TLS'),
      yes: flag('-y, --yes', 'do not ask, the answer is yes'),
      output: output(['json', 'yaml']),
    },
    examples: [
      ['clara pull platform', 'settings of the platform, to be edited in ~/.clara/charts/clara/values.yaml'],
      ['clara pull -y pipeline ct-threshold', 'a pipeline to begin with, in ~/.clara/pipelines/ct-threshold'],
      ['clara pull console --from oci://registry.example.org/charts/clara-console', "an organisation's own chart"],
    ],
    load: () => import('../commands/pull/pull.ts').then((module) => module.pull),
  })],
};
