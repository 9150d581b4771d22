import { type Program } from '../terminal/program/help.ts';

/** What the original prints, line by line (Clara Pipeline Generation Guide); its first line is the name that it was called by. */
const original = [
  'Command List',
  'list_stages | list | ls : List available stages',
  'create_stage | create | cs [stage name] : Create stage',
  'delete_stage | delete | ds [stage name] : Delete stage',
  'test_workflow | test [workflow id] [job id] : Test workflow',
  '    default args: ai-only 00000000-0000-0000-0000-000000000000',
  'install_trtis : Deploy TRTIS service',
  'uninstall_trtis : Delete TRTIS service',
  'set_ngc_api_key | setkey : Reset NGC API key',
];

/** Commands that the original did not have, in its form. */
const added = [
  'init [dir] : Create workflow project',
  'create_workflow | cw [workflow id] [stage name...] : Create workflow',
  'list_workflows | lw : List available workflows',
  'lint [workflow id] : Check workflows and stages',
];

/** `clara-wf` under the name that it was called by. */
export function programCalled(name: string): Program {
  return {
    name,
    usage: '[command] [arguments...]',
    intro: '',
    footer: [],
    help: [`${name} [command] [arguments...]`, ...original, ...added, ''].join('\n'),
    globals: ['directory', 'config', 'verbose'],
  };
}
