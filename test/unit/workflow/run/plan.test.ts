import { expect, test } from 'vitest';
import { ClaraError } from '../../../../src/core/errors.ts';
import { type Stage, type Workflow } from '../../../../src/workflow/project/model.ts';
import { clusterCommands } from '../../../../src/workflow/run/dry-run.ts';
import { planTest, releaseOf, type ProjectParts } from '../../../../src/workflow/run/plan.ts';

const at = { line: 1, column: 1, offset: 0 };
const job = '11111111-1111-1111-1111-111111111111';

function stage(name: string, over: Partial<Stage> = {}): Stage {
  return {
    name, image: { repository: name, tag: 'latest' }, command: undefined, mount: { in: { name: 'input' }, out: { name: 'output' } }, stageName: name, appDir: '/app',
    inputLock: '/app/locks/input.lock', inputs: 'input/input.mhd', logName: `/app/logs/${name}.log`, outputs: 'output/output.mhd', lockDir: '/app/locks', lockName: `${name}.lock`,
    timeout: '300', trtis: false, build: undefined, position: at, ...over,
  };
}

function project(stages: readonly Stage[], workflow: Partial<Workflow> = {}): ProjectParts {
  const known: Workflow = { id: 'w', stages: stages.map(({ name }) => name), waitLocks: [], args: [], ioFolders: ['a/input', 'a/output', 'b/output'], position: at, ...workflow };
  const fail = () => { throw new ClaraError('not-found', 'there is none'); };
  return {
    paths: { chart: '/p/charts/clara-workflow', trtisChart: '/p/charts/trtis', testData: '/p/test-data' },
    workflow: (id) => (id === 'w' ? known : fail()),
    stage: (name) => stages.find((one) => one.name === name) ?? fail(),
  };
}

test('where data comes from and goes to, and what the stages tell each other with', () => {
  const plan = planTest(project([stage('a'), stage('b', { lockName: 'other.lock' })]), 'w', job);
  const payload = `/p/test-data/${job}`;
  expect(plan).toMatchObject({
    payloads: '/p/test-data', payload, input: `${payload}/a/input`, output: `${payload}/b/output`,
    folders: [`${payload}/a/input`, `${payload}/a/output`, `${payload}/b/output`, `${payload}/locks`],
    locks: [`${payload}/locks/a.lock`, `${payload}/locks/other.lock`],
    builds: [], registryImages: [], usesTrtis: false,
  });
});

test.each(['', '1', `${job}0`, job.slice(1), `x${job.slice(1)}`, job.replaceAll('-', ''), '../../../../../etc/11111111-1111'])('the job id %j is refused', (text) => {
  expect(() => planTest(project([stage('a')]), 'w', text)).toThrow(expect.objectContaining({ kind: 'usage' }));
});

test('large letters in a job id are fine', () => {
  expect(planTest(project([stage('a')]), 'w', 'ABCDEFAB-1111-1111-1111-111111111111').job).toBe('ABCDEFAB-1111-1111-1111-111111111111');
});

test('an unknown workflow is refused', () => {
  expect(() => planTest(project([stage('a')]), 'x', job)).toThrow(expect.objectContaining({ kind: 'not-found' }));
});

const build = { context: '/p/op', dockerfile: undefined, args: new Map([['BASE', 'node-base:local']]) };

test('images are built once each; those that are built here need no key', () => {
  const [one, two] = [stage('a', { image: { repository: 'nvcr.io/x/op', tag: '1' }, build }), stage('b', { image: { repository: 'nvcr.io/x/op', tag: '1' }, build })];
  const plan = planTest(project([one, two, stage('c', { image: { repository: 'nvcr.io/x/other', tag: '2' }, trtis: true })]), 'w', job);
  expect(plan.builds).toEqual([{ image: 'nvcr.io/x/op:1', context: '/p/op', dockerfile: '/p/op/Dockerfile', args: build.args }]);
  expect(plan).toMatchObject({ registryImages: ['nvcr.io/x/other:2'], usesTrtis: true });
});

test('one image cannot be built in two ways', () => {
  const stages = [stage('a', { build }), stage('b', { image: { repository: 'a', tag: 'latest' }, build: { ...build, context: '/p/elsewhere' } })];
  expect(() => planTest(project(stages), 'w', job)).toThrow(/the image a:latest is built in two ways: from \/p\/op\/Dockerfile and from \/p\/elsewhere\/Dockerfile/);
});

test('the values of the release are those of the original, in its order', () => {
  expect(releaseOf(planTest(project([stage('a')]), 'w', job), '10.0.0.7:8000')).toEqual({
    name: 'test-wf', chart: '/p/charts/clara-workflow',
    values: [
      ['runSimple', 'TRUE'], ['workflow.id', 'w'], ['workflow.payloads.hostPath', '/p/test-data'], ['job.id', job], ['job.name', 'Test Job'],
      ['trtisUri', '10.0.0.7:8000'], ['dicomAdapter.input', ''], ['dicomAdapter.output', ''],
    ],
  });
});

test('a dry run prints every command of the original, in its order', () => {
  const plan = planTest(project([stage('a', { build, trtis: true, image: { repository: 'nvcr.io/a', tag: '1' } })], { ioFolders: ['a/input', 'a/output'] }), 'w', job);
  const place = { namespace: 'ns', kubeconfig: undefined, context: 'lab' };
  const commands = clusterCommands(plan, place, { secret: true, trtis: { kind: 'here', imageNeedsSecret: true }, timeoutMs: 90_000, keep: false });
  expect(commands.filter((line) => !line.startsWith('#'))).toEqual([
    'kubectl get secret nvcr.io --namespace ns --context lab --output name',
    'kubectl create --namespace ns --context lab --filename -',
    'helm status trtis --namespace ns --kube-context lab --output json',
    'helm install trtis --namespace ns --kube-context lab --wait --timeout 90s /p/charts/trtis',
    'docker build -t nvcr.io/a:1 -f /p/op/Dockerfile --build-arg BASE=node-base:local /p/op',
    'helm install test-wf --namespace ns --kube-context lab --set-string runSimple=TRUE --set-string workflow.id=w --set-string workflow.payloads.hostPath=/p/test-data'
      + ` --set-string job.id=${job} --set-string 'job.name=Test Job' --set-string trtisUri=TRTIS_CLUSTER_IP:8000 --set-string dicomAdapter.input= --set-string dicomAdapter.output=`
      + ' --wait --timeout 90s /p/charts/clara-workflow',
    'kubectl get job/test-wf-clara-workflow --namespace ns --context lab --output json',
    'helm uninstall test-wf --namespace ns --kube-context lab',
    'helm uninstall trtis --namespace ns --kube-context lab',
    `ls -al /p/test-data/${job}/a/output`,
  ]);
});
