// `clara {{COMMAND}}`: what it does. `npm install` builds it, then try it where it lies: ./{{FILE}}
import { execFileSync } from 'node:child_process';

const [command = '', ...rest] = process.argv.slice(2);

switch (command) {
  case '':
    console.log('hello, world');
    break;
  case 'version':
    console.log('1.0.0');
    break;
  case 'jobs': {
    // `clara` tells where it is and which platform it talks to: CLARA_BIN, CLARA_HOST.
    const ids = execFileSync(process.env.CLARA_BIN ?? 'clara', ['list', 'jobs', '--quiet'], { encoding: 'utf8' });
    console.log(`${ids.split('\n').length - 1} jobs`);
    break;
  }
  case '__complete':
    // Words for the shell, as {{FILE}}.json promises: the line is `{{FILE}} __complete -- WORDS...`, the last word unfinished.
    if (rest.length === 2) console.log('version\tprint the version\njobs\tcount the jobs of the platform');
    break;
  case '-h':
  case '--help':
    console.log('Usage: clara {{COMMAND}} [version|jobs]');
    break;
  default:
    console.error(`error: unknown command \`${command}\``);
    process.exitCode = 2;
}
