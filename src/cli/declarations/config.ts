import { command, type Verb } from '../../terminal/program/declare.ts';
import { flag, output, text } from '../../terminal/program/options.ts';

export const config: Verb = {
  name: 'config',
  summary: 'Store the NGC key; show or change settings',
  commands: [command({
    verb: 'config',
    summary: 'Store the NGC key; show or change settings',
    description: 'Without an argument the key for NVIDIA\'s registry is stored, in a file that only you can read: from --key, '
      + 'from NGC_API_KEY, or asked for. The key is not checked. A key on the command line can be seen by other users of the '
      + 'machine: prefer `--key -`.',
    args: [
      { name: 'view|set|unset', help: 'show all settings and where they come from; set or unset one in config.yaml', optional: true, complete: ['view', 'set', 'unset'] },
      { name: 'NAME', help: 'the setting: host, timeout, tokenFile, tlsCa, chunkSize, parallelStreams', optional: true, complete: ['host', 'timeout', 'tokenFile', 'tlsCa', 'chunkSize', 'parallelStreams'] },
      { name: 'VALUE', help: 'its value, for set', optional: true, complete: 'none' },
    ],
    options: {
      key: text('--key <key>', 'NGC API key; `-` reads it from standard input', { complete: 'none' }),
      orgteam: text('--orgteam <org/team>', 'NGC organisation and team (default: nvidia/clara)', { complete: 'none' }),
      yes: flag('-y, --yes', 'do not ask, the answer is yes'),
      output: output(['json', 'yaml']),
    },
    examples: [
      ['clara config --key - --orgteam nvidia/clara -y < key.txt', 'store the NGC key'],
      ['clara config view', 'every setting, its value and its source'],
      ['clara config set host 10.0.0.1', 'talk to the platform of another machine from now on'],
      ['clara config unset host', 'back to the default'],
    ],
    load: () => import('../commands/config.ts').then((module) => module.configure),
  })],
};
