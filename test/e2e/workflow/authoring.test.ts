import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { clara, root, run, tempDir } from '../../helpers/run.ts';
import { keys, onTerminal } from '../../helpers/terminal.ts';
import { newProject, treeOf, wf } from './project.ts';

/** Clara Pipeline Generation Guide; below it the commands that it does not have. */
const help = (name: string) => `${name} [command] [arguments...]
Command List
list_stages | list | ls : List available stages
create_stage | create | cs [stage name] : Create stage
delete_stage | delete | ds [stage name] : Delete stage
test_workflow | test [workflow id] [job id] : Test workflow
    default args: ai-only 00000000-0000-0000-0000-000000000000
install_trtis : Deploy TRTIS service
uninstall_trtis : Delete TRTIS service
set_ngc_api_key | setkey : Reset NGC API key
init [dir] : Create workflow project
create_workflow | cw [workflow id] [stage name...] : Create workflow
list_workflows | lw : List available workflows
lint [workflow id] : Check workflows and stages
`;

/** The block of a stage with the defaults (Clara Pipeline Generation Guide, values.yaml). */
const block = `  ##BEGIN_dicom-reader##
  dicom-reader:
    image:
      repository: dicom-reader
      tag: latest
    mount:
      in:
        name: "input"
      out:
        name: "output"
    stageName: "dicom-reader"
    appDir: "/app"
    inputLock: "/app/locks/input.lock"
    inputs: "input/input.mhd"
    logName: "/app/logs/dicom-reader.log"
    outputs: "output/output.mhd"
    lockDir: "/app/locks"
    lockName: "dicom-reader.lock"
    timeout: "300"
  ##END_dicom-reader##
`;

describe('the program', () => {
  test('bare, with --help and as help it prints the text of the original under the name that it was called by', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) expect(await wf(args)).toEqual({ exitCode: 0, signal: null, stdout: help('clara-wf'), stderr: '' });
    expect((await clara(['wf'])).stdout).toBe(help('clara wf'));
  });

  test('the script in the project is called as in the guide, and finds its project from anywhere', async () => {
    const { folder } = newProject();
    const bin = tempDir();
    symlinkSync(join(root, 'bin/clara-wf'), join(bin, 'clara-wf'));
    const env = { PATH: `${bin}:${process.env.PATH}` };
    expect((await run('./clara-wf', [], { cwd: folder, env })).stdout).toBe(help('./clara-wf'));
    expect(await run(join(folder, 'clara-wf'), ['ls'], { cwd: '/', env })).toMatchObject({ exitCode: 0, stdout: 'ai-vnet\n' });
  });

  test.each([
    [['lsx'], 'unknown command `lsx`', 'did you mean `clara-wf ls`?'],
    [['create-stage', 'x'], 'unknown command `create-stage`', 'did you mean `clara-wf create_stage`?'],
    [['cs'], 'missing STAGE_NAME', 'see `clara-wf create_stage --help`'],
    [['ls', 'x'], 'unexpected argument `x`', 'see `clara-wf list_stages --help`'],
    [['cs', 'x', '--imag', 'y'], 'unknown option `--imag`', 'did you mean `--image`?'],
    [['cw', 'x'], 'missing STAGE_NAME', 'see `clara-wf create_workflow --help`'],
  ])('%j is refused', async (args, message, hint) => {
    expect(await wf(args, { cwd: '/' })).toEqual({ exitCode: 2, signal: null, stdout: '', stderr: `error: ${message}\nhint: ${hint}\n` });
  });

  test('every alias leads to the same help, with examples', async () => {
    for (const words of [['list_stages', 'list', 'ls'], ['create_stage', 'create', 'cs'], ['delete_stage', 'delete', 'ds'], ['create_workflow', 'cw'], ['list_workflows', 'lw']]) {
      const texts = await Promise.all(words.map(async (word) => (await wf([word, '--help'])).stdout));
      expect(new Set(texts).size).toBe(1);
      expect(texts[0]).toMatch(new RegExp(`^Usage: clara-wf ${words[0]} [^]*\nAlso: ${words.slice(1).join(', ')}\n[^]*\nExamples:\n`));
    }
  });

  test('completion knows commands, stages and workflows', async () => {
    const { folder } = newProject('plain');
    const words = async (...line: string[]) => (await clara(['__complete', '--', 'wf', ...line], { cwd: folder })).stdout.split('\n').map((each) => each.split('\t')[0]);
    expect(await words('cre')).toEqual(['none', 'create_stage', 'create_workflow', '']);
    expect(await words('ds', '')).toEqual(['none', 'ai-vnet', '']);
    expect(await words('lint', 'ai')).toEqual(['none', 'ai', 'ai-only', '']);
    expect(await words('cw', 'new', 'ai-vnet', '--a')).toEqual(['none', '--arg', '']);
    expect((await wf(['__complete', '--', 'ds', ''], { cwd: '/' })).stdout).toBe('');
    for (const where of [['-C', folder], ['--directory', folder], [`--directory=${folder}`]]) expect((await wf(['__complete', '--', ...where, 'ds', ''], { cwd: '/' })).stdout).toBe('ai-vnet\n');
  });
});

describe('init', () => {
  test('lays out the tree of the guide, its test volume included', async () => {
    const { folder } = newProject();
    const paths = Object.keys(treeOf(folder));
    for (const path of [
      'README.md', 'clara-wf', 'charts/clara-workflow/charts', 'charts/clara-workflow/Chart.yaml', 'charts/clara-workflow/_stage_values.yaml', 'charts/clara-workflow/templates/deployment.yaml',
      'charts/clara-workflow/templates/_helpers.tpl', 'charts/clara-workflow/templates/NOTES.txt', 'charts/clara-workflow/templates/stages/ai-vnet/container.yaml', 'charts/clara-workflow/templates/stages/ai-vnet/volume.yaml',
      'charts/clara-workflow/templates/stages/template/_container.yaml', 'charts/clara-workflow/templates/stages/template/_volume.yaml', 'charts/clara-workflow/templates/tests/test-connection.yaml',
      'charts/clara-workflow/templates/volume-claim.yaml', 'charts/clara-workflow/templates/volume.yaml', 'charts/clara-workflow/values.yaml', 'charts/trtis/charts', 'charts/trtis/Chart.yaml', 'charts/trtis/templates/deployment.yaml',
      'charts/trtis/templates/_helpers.tpl', 'charts/trtis/templates/NOTES.txt', 'charts/trtis/templates/service.yaml', 'charts/trtis/templates/tests/test-connection.yaml', 'charts/trtis/values.yaml',
      'test-data/00000000-0000-0000-0000-000000000000/ai-vnet/input/recon.mhd', 'test-data/00000000-0000-0000-0000-000000000000/ai-vnet/input/recon.raw',
    ]) expect(paths).toContain(path);
    expect(paths.filter((path) => basename(path).startsWith('.') && basename(path) !== '.helmignore')).toEqual([]);
  });

  test('an empty folder may be there, also the current one; one that holds something may not', async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, 'empty'));
    expect(await wf(['init', 'empty'], { cwd })).toMatchObject({ exitCode: 0, stderr: "next: `cd 'empty' && clara-wf test`\n" });
    expect(await wf(['init'], { cwd: join(cwd, 'empty') })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('the folder "." is not empty') });
    mkdirSync(join(cwd, 'here'));
    expect(await wf(['init'], { cwd: join(cwd, 'here') })).toMatchObject({ exitCode: 0, stderr: 'next: `clara-wf test`\n' });
    expect(treeOf(join(cwd, 'here'))).toEqual(treeOf(join(cwd, 'empty')));
    writeFileSync(join(cwd, 'file'), '');
    expect(await wf(['init', 'file'], { cwd })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('it is a file') });
    expect(readdirSync(cwd).sort()).toEqual(['empty', 'file', 'here']);
  });

  test('an interrupted one leaves nothing', async () => {
    const cwd = tempDir();
    // Its folder is watched for instead of the clock: the volume takes longest.
    const ended = await wf(['init', 'project'], { cwd, onSpawn: (child) => {
      const timer = setInterval(() => {
        if (readdirSync(cwd).length > 0) { clearInterval(timer); child.kill('SIGINT'); }
      }, 1);
      child.once('close', () => clearInterval(timer));
    } });
    expect(ended.exitCode).toBe(130);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('stages', () => {
  test('cs prints what the original does, and its result is that of the guide; ds -y gives back the identical tree', async () => {
    const project = newProject();
    const before = treeOf(project.folder);
    const stages = join(project.folder, 'charts/clara-workflow/templates/stages');
    expect(await project.wf('cs', 'dicom-reader')).toEqual({ exitCode: 0, signal: null, stderr: '', stdout:
      `Stage 'dicom-reader' is created at: ${join(stages, 'dicom-reader')}\nDefault values for Stage 'dicom-reader' are added to: ${project.values}\n` });
    expect((await project.wf('ls')).stdout).toBe('ai-vnet\ndicom-reader\n');
    expect(readdirSync(join(stages, 'dicom-reader')).sort()).toEqual(['container.yaml', 'volume.yaml']);
    const container = readFileSync(join(stages, 'dicom-reader/container.yaml'), 'utf8');
    expect(container).toContain('{{- define "stages.dicom-reader.container" -}}\n{{- $stageName := "dicom-reader" -}}');
    expect(readFileSync(join(stages, 'dicom-reader/volume.yaml'), 'utf8')).toContain('{{- define "stages.dicom-reader.volume" -}}');
    expect(readFileSync(project.values, 'utf8')).toBe(before['charts/clara-workflow/values.yaml']!.slice('644 '.length) + block);
    expect(await project.wf('ds', 'dicom-reader', '-y')).toMatchObject({ exitCode: 2, stderr: 'error: the stage `dicom-reader` is in the workflows ct, ai, dicom-reader-only\nhint: take it out of there first, or pass --force\n' });
    expect(await project.wf('ds', 'dicom-reader', '-y', '--force')).toMatchObject({ exitCode: 0, stderr: 'warning: the workflows ct, ai, dicom-reader-only still list `dicom-reader`\n', stdout:
      `Stage 'dicom-reader' is deleted from: ${join(stages, 'dicom-reader')}\nDefault values for Stage 'dicom-reader' are removed from: ${project.values}\n` });
    expect(treeOf(project.folder)).toEqual(before);
  });

  test('image, command and build are values of the block; a path of build is relative to the project', async () => {
    const { folder, values, wf: inProject } = newProject('p');
    expect(await inProject('cs', 'smooth', '--image', 'registry.local:5000/a/smooth:1.10', '--command', 'node', '--command', 'a "b".js', '--build', './src:./src/Docker file', '--build-arg', 'A=1', '--build-arg', 'B=x y')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(values, 'utf8')).toContain([
      '  smooth:', '    image:', '      repository: "registry.local:5000/a/smooth"', '      tag: "1.10"', '    command:', '      - "node"', '      - "a \\"b\\".js"',
      '    build:', '      context: "src"', '      dockerfile: "src/Docker file"', '      args:', '        A: "1"', '        B: "x y"', '    mount:', '',
    ].join('\n'));
    expect(await wf(['-C', folder, 'cs', 'other', '--build', '${clara}/dist'], { cwd: '/' })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(values, 'utf8')).toContain('      context: "${clara}/dist"\n');
    expect(JSON.parse((await inProject('ls', '-o', 'json')).stdout)).toEqual([
      { name: 'ai-vnet', image: 'ai-vnet:latest', workflows: ['ct', 'ai-only'] },
      { name: 'other', image: 'other:latest', workflows: [] },
      { name: 'smooth', image: 'registry.local:5000/a/smooth:1.10', workflows: [] },
    ]);
  });

  test.each([
    ['', 'is empty'], ['template', 'is the folder that stages are copied from'], ['ai-vnet', 'already'], ['Upper', 'is not made of'], ['a_b', 'is not made of'], ['-a', 'unknown option'], ['a-', 'is not made of'],
    ['../x', 'is not made of'], ['1st', 'is not made of'], ['on', 'means something else in YAML'], ['a'.repeat(64), 'has 64 characters'], ['ünï', 'is not made of'], ['a\nb', 'is not made of'],
  ])('the name %j is refused, and nothing is changed', async (name, why) => {
    const project = newProject('p');
    const before = treeOf(project.folder);
    expect(await project.wf('cs', name)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(why) });
    expect(treeOf(project.folder)).toEqual(before);
  });

  test('ds asks on a terminal, and names the flag where nobody can be asked', async () => {
    const project = newProject('p');
    expect(await project.wf('cs', 'one')).toMatchObject({ exitCode: 0 });
    const before = treeOf(project.folder);
    expect(await project.wf('ds', 'one')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('hint: pass -y to answer with yes') });
    const asked = onTerminal(process.execPath, [join(root, 'bin/clara-wf'), '-C', project.folder, 'ds', 'one'], {});
    await asked.shows("Delete the stage 'one', its folder and its values?");
    asked.type(keys.down + keys.enter);
    expect(await asked.exitCode).toBe(0);
    expect(asked.screen()).toContain('nothing was deleted');
    expect(treeOf(project.folder)).toEqual(before);
  });

  test('a folder without a block, and the reverse, are told apart; --force takes away what there is', async () => {
    const project = newProject('p');
    const before = treeOf(project.folder);
    const stages = join(project.folder, 'charts/clara-workflow/templates/stages');
    mkdirSync(join(stages, 'lonely'));
    expect(await project.wf('ds', 'lonely', '-y')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('`lonely` has a folder and no block') });
    expect((await project.wf('lint')).stdout).toContain('charts/clara-workflow/templates/stages/lonely: error: there is no block of the stage `lonely`');
    expect(await project.wf('ds', 'lonely', '-y', '--force')).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('Default values') });
    expect(await project.wf('cs', 'gone')).toMatchObject({ exitCode: 0 });
    rmSync(join(stages, 'gone'), { recursive: true });
    expect(await project.wf('ds', 'gone', '-y')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('`gone` has a block') });
    expect((await project.wf('lint')).stdout).toMatch(/values\.yaml:\d+:3: error: the stage `gone`: it has no folder/);
    expect(await project.wf('cs', 'gone')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('its block is in charts/clara-workflow/values.yaml, line ') });
    expect(await project.wf('ds', 'gone', '-y', '--force')).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('is deleted from') });
    expect(treeOf(project.folder)).toEqual(before);
    expect(await project.wf('ds', 'nothing', '-y')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('there is no stage "nothing" (there is ai-vnet)') });
    expect(await project.wf('ds', 'template', '-y', '--force')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is no stage') });
  });

  test.skipIf(missing('bwrap'))('in a read-only checkout, reading works and changing says that it cannot', async () => {
    const project = newProject('p');
    const readOnly = (...args: string[]) => run('bwrap', ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--chdir', project.folder, process.execPath, join(root, 'bin/clara-wf'), ...args]);
    expect(await readOnly('ls')).toMatchObject({ exitCode: 0, stdout: 'ai-vnet\n' });
    expect(await readOnly('lint', 'ai-only')).toMatchObject({ exitCode: 0 });
    for (const args of [['cs', 'x'], ['cw', 'x', 'ai-vnet'], ['ds', 'ai-vnet', '-y', '--force']]) {
      expect(await readOnly(...args)).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^error: the project in .* cannot be changed \(EROFS.*\)\nhint: nothing was changed; its files and folders must be writable\n$/) });
    }
  });

  test('killed at any moment, a change is whole or not there', { timeout: 120_000 }, async () => {
    const project = newProject('p');
    const without = treeOf(project.folder);
    expect(await project.wf('cs', 'one')).toMatchObject({ exitCode: 0 });
    const withStage = treeOf(project.folder);
    let [done, undone] = [0, 0];
    for (let round = 0; round < 12; round += 1) {
      const adds = round % 2 === 1;
      await wf(adds ? ['cs', 'one'] : ['ds', 'one', '-y'], { cwd: project.folder, onSpawn: (child) => {
        const seen = () => existsSync(join(project.folder, '.clara-wf'));
        let looks = 0;
        const look = () => {
          if (child.exitCode !== null) return;
          if (seen() && (looks += 1) > round / 3) child.kill('SIGKILL');
          else setImmediate(look);
        };
        look();
      } });
      // The next command puts right what was left; one that is killed before its note waits for it to be old.
      if (existsSync(join(project.folder, '.clara-wf')) && !existsSync(join(project.folder, '.clara-wf/note.json'))) rmSync(join(project.folder, '.clara-wf'), { recursive: true });
      await project.wf('ls');
      const now = treeOf(project.folder);
      expect([without, withStage]).toContainEqual(now);
      const has = 'charts/clara-workflow/templates/stages/one' in now;
      if (has === adds) done += 1; else undone += 1;
      if (has !== adds) expect(await project.wf(...(adds ? ['cs', 'one'] : ['ds', 'one', '-y']))).toMatchObject({ exitCode: 0 });
    }
    expect(done + undone).toBe(12);
  });
});

describe('workflows', () => {
  test('cw writes lists that fit together, and lw lists them', async () => {
    const project = newProject();
    for (const name of ['dicom-reader', 'recon']) expect(await project.wf('cs', name)).toMatchObject({ exitCode: 0 });
    expect(await project.wf('cw', 'a78b1e7a-0325-4d42-b90f-207eb576b14f', 'dicom-reader', 'recon', 'ai-vnet', '--arg', 'recon=-v', '--arg', 'recon=a b')).toEqual({ exitCode: 0, signal: null, stderr: '', stdout: `Workflow 'a78b1e7a-0325-4d42-b90f-207eb576b14f' is added to: ${project.values}\n` });
    expect((await project.wf('lw')).stdout).toBe('ct\nai\ndicom-reader-only\nai-only\nrecon-only\ndicom-writer-only\na78b1e7a-0325-4d42-b90f-207eb576b14f\n');
    expect((JSON.parse((await project.wf('lw', '-o', 'json')).stdout) as unknown[]).at(-1)).toEqual({
      id: 'a78b1e7a-0325-4d42-b90f-207eb576b14f', stages: ['dicom-reader', 'recon', 'ai-vnet'], waitLocks: ['', 'dicom-reader.lock', 'recon.lock'], args: [[], ['-v', 'a b'], []],
      ioFolders: ['dicom-reader/input', 'dicom-reader/output', 'recon/output', 'ai-vnet/output'],
    });
    expect(await project.wf('lint', 'a78b1e7a-0325-4d42-b90f-207eb576b14f')).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test.each([
    [['cw', 'ai-only', 'ai-vnet'], 2, 'there is a workflow `ai-only` already'],
    [['cw', 'new', 'ai-vnt'], 4, 'there is no stage "ai-vnt" (there is ai-vnet)\nhint: did you mean "ai-vnet"?'],
    [['cw', 'new', 'ai-vnet', 'ai-vnet'], 2, '`ai-vnet` stands there twice'],
    [['cw', 'a b', 'ai-vnet'], 2, 'cannot be the id of a workflow'],
    [['cw', 'new', 'ai-vnet', '--arg', 'other=1'], 2, '`other` is none of the stages'],
  ])('%j is refused, and nothing is changed', async (args, exitCode, message) => {
    const project = newProject('p');
    const before = treeOf(project.folder);
    expect(await project.wf(...args)).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(message) });
    expect(treeOf(project.folder)).toEqual(before);
  });
});

describe('values.yaml broken by hand', () => {
  const broken = (edit: (text: string) => string) => {
    const project = newProject('p');
    writeFileSync(project.values, edit(readFileSync(project.values, 'utf8')));
    return project;
  };

  test('no YAML: every command names line and column', async () => {
    const project = broken((text) => text.replace('  ai-only:\n    stages:', '  ai-only:\n   stages: [\n    stages:'));
    const before = treeOf(project.folder);
    for (const args of [['ls'], ['lw'], ['lint'], ['cs', 'x'], ['ds', 'ai-vnet', '-y'], ['cw', 'x', 'ai-vnet']]) {
      expect(await project.wf(...args)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^error: charts\/clara-workflow\/values\.yaml:\d+:\d+: /) });
    }
    expect(treeOf(project.folder)).toEqual(before);
  });

  test.each([
    ['a mark is missing', (text: string) => text.replace('  ##END_ai-vnet##\n', ''), /##BEGIN_ai-vnet## has no ##END_ai-vnet##/],
    ['a mark stands there twice', (text: string) => `${text}  ##END_ai-vnet##\n`, /##END_ai-vnet## stands there twice \(lines \d+ and \d+\)/],
    ['marks are in the wrong order', (text: string) => text.replace('##BEGIN_ai-vnet##', '##X##').replace('##END_ai-vnet##', '##BEGIN_ai-vnet##').replace('##X##', '##END_ai-vnet##'), /##END_ai-vnet## comes before/],
    ['the marks hold another stage, too', (text: string) => text.replace('  ##END_ai-vnet##\n', '  other:\n    image: { repository: x }\n  ##END_ai-vnet##\n'), /more than the block of ai-vnet lies between its marks/],
  ])('%s: ds says so, and nothing is changed', async (_, edit, message) => {
    const project = broken(edit);
    const before = treeOf(project.folder);
    expect(await project.wf('ds', 'ai-vnet', '-y', '--force')).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
    if (!String(message).includes('more than')) expect(await project.wf('lint')).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(message) });
    expect(treeOf(project.folder)).toEqual(before);
  });

  test('lint tells where lists do not fit together, and -o json has line and column', async () => {
    const project = broken((text) => text.replace('    waitLocks:\n      - ""\n    args:\n      - ""\n    ioFolders:\n      - ai-vnet/input\n', '    waitLocks:\n      - other.lock\n    args: []\n    ioFolders:\n'));
    const { exitCode, stdout, stderr } = await project.wf('lint', 'ai-only');
    expect([exitCode, stderr]).toEqual([2, 'error: there are 3 errors\n']);
    const at = readFileSync(project.values, 'utf8').split('\n').indexOf('      - other.lock') + 1;
    expect(stdout).toBe([
      `charts/clara-workflow/values.yaml:${at}:9: error: the workflow \`ai-only\`: \`ai-vnet\` is the first stage and waits for \`other.lock\`, which none writes`,
      `charts/clara-workflow/values.yaml:${at + 1}:11: error: \`args\` of the workflow \`ai-only\` has 0 entries, not 1: one for each stage`,
      `charts/clara-workflow/values.yaml:${at + 3}:7: error: \`ioFolders\` of the workflow \`ai-only\` has 1 entry, not 2: the input of the first stage, then the output of each`, '',
    ].join('\n'));
    expect(JSON.parse((await project.wf('lint', 'ai-only', '-o', 'json')).stdout)).toContainEqual({ severity: 'error', file: 'charts/clara-workflow/values.yaml', line: at + 1, column: 11, workflow: 'ai-only', message: '`args` of the workflow `ai-only` has 0 entries, not 1: one for each stage' });
  });

  test('a stage that does not exist is a warning, and an error of the workflow that is to run', async () => {
    const project = newProject('p');
    expect(await project.wf('lint')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/:\d+:9: warning: the workflow `ct`: there is no stage `dicom-reader`/) });
    expect(await project.wf('lint', '--strict')).toMatchObject({ exitCode: 2 });
    expect(await project.wf('lint', 'ct')).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/:\d+:9: error: the workflow `ct`: there is no stage `recon`/) });
    expect(await project.wf('lint', 'ai-only')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await project.wf('lint', 'nope')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('there is no workflow "nope" (there are ct, ai, ') });
  });

  test('what is no project is no project', async () => {
    const cwd = tempDir();
    expect(await wf(['ls'], { cwd })).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('is not in a workflow project') });
    expect(await wf(['-C', 'nowhere', 'ls'], { cwd })).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the folder "nowhere" cannot be read') });
    const project = newProject('p');
    writeFileSync(project.values, Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
    expect(await project.wf('cs', 'x')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not UTF-8 text') });
    rmSync(join(project.folder, 'charts/clara-workflow/templates/stages/template'), { recursive: true });
    chmodSync(project.values, 0o644);
    writeFileSync(project.values, 'workflows:\nstages:\n');
    expect(await project.wf('cs', 'x')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('new stages are copied from charts/clara-workflow/templates/stages/template') });
  });
});
