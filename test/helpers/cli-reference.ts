import { verbs } from '../../src/cli/declarations/index.ts';
import { program as platform, verbs as platformVerbs } from '../../src/cli/platform/declarations.ts';
import { program as dicom, verbs as dicomVerbs } from '../../src/dicom/cli/declarations.ts';
import { verbs as workflowVerbs } from '../../src/workflow/declarations/index.ts';
import { type Command } from '../../src/terminal/program/declare.ts';
import { claraProgram, usageOf } from '../../src/terminal/program/help.ts';
import { type OptionSpec } from '../../src/terminal/program/options.ts';
import { globalsOf } from '../../src/terminal/program/global-flags.ts';
import { commandWords } from '../../src/terminal/program/parse.ts';
import { environmentOnly, settingSpecs } from '../../src/config/settings.ts';
import { settingsTable as dicomSettingsTable } from './dicom-settings.ts';

/** The generated parts of pages in docs/: page, name of the markers, text. */
export function generatedParts(): readonly (readonly [page: string, name: string, text: string])[] {
  const platformCommands = platformVerbs.flatMap(({ commands }) => commands).flatMap((command) => describeCommand(command, platform.name));
  const dicomCommands = dicomVerbs.flatMap(({ commands }) => commands).flatMap((command) => describeCommand(command, dicom.name));
  const workflowCommands = workflowVerbs.filter(({ hidden }) => !hidden).flatMap(({ commands, aliases }) => commands.flatMap((command) => describeCommand(command, 'clara-wf', aliases)));
  return [
    ['cli.md', 'commands', commandReference()], ['cli.md', 'settings', settingsTable()], ['cli.md', 'environment', environmentTable()],
    ['platform.md', 'platform', platformCommands.join('\n').trimEnd()],
    ['clara-wf.md', 'workflow', workflowCommands.join('\n').trimEnd()],
    ['dicom.md', 'dicom-settings', dicomSettingsTable()], ['dicom.md', 'dicom', dicomCommands.join('\n').trimEnd()],
  ];
}

function commandReference(): string {
  const shown = verbs.flatMap(({ commands }) => commands).filter(({ hidden }) => !hidden);
  const globals = table(['flag', 'meaning'], globalsOf(claraProgram).map(({ flags, help }) => [code(flags), help]));
  return ['### Flags of every command', '', ...globals, '', ...shown.flatMap((command) => describeCommand(command))].join('\n').trimEnd();
}

function describeCommand(command: Command, name = 'clara', aliases: readonly string[] = []): string[] {
  const args = (command.args ?? []).map(({ name, help }) => [code(name), help]);
  const flags = Object.values(command.options).map((spec) => [code(spec.flags.replace(' [', '[')), helpOf(spec)]);
  return [
    `### ${name} ${commandWords(command)}`, '',
    `${command.summary}.${command.description === undefined ? '' : ` ${command.description}`}${aliases.length === 0 ? '' : ` Also: ${aliases.map(code).join(', ')}.`}`, '',
    '```', `${name} ${commandWords(command)} ${usageOf(command)}`.trimEnd(), '```', '',
    ...(args.length === 0 ? [] : [...table(['argument', 'meaning'], args), '']),
    ...(flags.length === 0 ? [] : [...table(['flag', 'meaning'], flags), '']),
    '```sh', ...command.examples.map(([line, meaning]) => `${line}   # ${meaning}`), '```', '',
  ];
}

function helpOf({ help, required, shownDefault }: OptionSpec): string {
  return [help, ...(required ? ['(required)'] : []), ...(shownDefault === undefined ? [] : [`(default: ${shownDefault})`])].join(' ');
}

function settingsTable(): string {
  return table(['setting', 'variable', 'flag', 'default', 'meaning'], Object.values(settingSpecs).map(({ key, env, flag, fallback, help }) =>
    [code(key), code(env), flag === undefined ? '' : code(flag), fallback === undefined ? '' : code(fallback), help])).join('\n');
}

function environmentTable(): string {
  return table(['variable', 'meaning'], Object.entries(environmentOnly).map(([name, help]) => [code(name), help])).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}
