import { ClaraError } from '../../../core/errors.ts';
import { visible } from '../../../core/names.ts';
import { counted } from '../../../core/phrases.ts';
import { type Context } from '../../../terminal/context.ts';
import { Meter } from '../../../terminal/output/meter.ts';
import { formatJson, yamlFormatter } from '../../../terminal/output/format.ts';
import { type OutputFormat } from '../../../terminal/program/options.ts';
import { aeTitleProblem, hostProblem, portProblem } from '../../entities/ae-title.ts';
import { type Destination } from '../../entities/entities.ts';
import { authorizationOf, type WebDestination } from '../../entities/web-destination.ts';
import { addressOf } from '../../export/echo.ts';
import { sendTo, type Target } from '../../export/target.ts';
import { defaultSettings } from '../../settings/model.ts';
import { type InstanceFate } from '../../store/exports.ts';
import { ask } from '../rest-client.ts';
import { type CredentialFlags } from './credential-flags.ts';
import { credentialsOf } from './credentials.ts';
import { noDestination } from './echo.ts';
import { findFiles, type LocalFile } from './files.ts';

interface Options extends CredentialFlags {
  readonly aeTitle: string | undefined;
  readonly rest: string | undefined;
  readonly output: OutputFormat | undefined;
}

/** Whom files go to, and what we call ourselves there. */
interface Route {
  readonly target: Target;
  readonly callingAe: string;
}

/** `clara dicom send`: sends files of this machine, without the adapter but for the destination's address. */
export async function send(context: Context, options: Options, [destination = '', ...paths]: readonly string[]): Promise<void> {
  const { io, signal } = context;
  if (paths.length === 0) throw new ClaraError('usage', 'missing FILE', { hint: 'name files, or folders of them' });
  const { files, failures, passedOver } = await findFiles(paths, signal);
  const { target, callingAe } = await routeTo(context, destination, options);
  if (passedOver > 0) io.note(`${counted(passedOver, 'file')} passed over: no DICOM instances`);
  if (files.length + failures.size === 0) throw new ClaraError('usage', 'there are no DICOM files to send');
  const unreadable = [...failures].map(([uri, status]): InstanceFate => ({ uri, sopInstance: undefined, delivered: false, status }));
  const { fates, summary } = await sendAll(context, target, callingAe, files);
  const all = [...unreadable, ...fates];
  await report(context, options.output, all);
  const bad = all.filter(({ delivered }) => !delivered);
  if (bad.length === 0) {
    if (options.output === undefined) await io.line(`sent to ${addressOf(target)}: ${summary}`);
    return;
  }
  const error = bad.find((fate) => fate.error !== undefined)?.error;
  // Nobody was there: that is the reason, and not the files.
  const kind = bad.length === all.length && error?.kind === 'unreachable' ? 'unreachable' : 'failed';
  throw new ClaraError(kind, `${bad.length} of ${counted(all.length, 'file')} not sent to ${addressOf(target)}`, { ...(error?.hint === undefined ? {} : { hint: error.hint }) });
}

async function sendAll({ io, signal }: Context, target: Target, callingAe: string, files: readonly LocalFile[]): Promise<{ readonly fates: readonly InstanceFate[]; readonly summary: string }> {
  const sizes = new Map(files.map(({ uri, bytes }) => [uri, bytes]));
  const amounts = { files: 0, bytes: 0, totalFiles: files.length, totalBytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  let sent = 0;
  const meter = await Meter.start(io, 'sending');
  try {
    const fates = files.length === 0 ? [] : await sendTo(target, files, { aeTitle: callingAe, timeouts: defaultSettings.scu.timeouts }, signal, ({ uri, delivered }) => {
      if (delivered) sent += 1;
      amounts.files += 1;
      amounts.bytes += sizes.get(uri)!;
      meter.update({ ...amounts });
    });
    signal.throwIfAborted();
    return { fates, summary: meter.summary() };
  } catch (thrown) {
    if (signal.aborted) throw new ClaraError('interrupted', 'the transfer was interrupted', { details: [`sent to ${addressOf(target)}: ${sent} of ${counted(files.length, 'file')}`], cause: thrown });
    throw thrown;
  } finally {
    meter.stop();
  }
}

/** Every file as data, or those that were not sent, each with its reason. */
async function report({ io }: Context, output: OutputFormat | undefined, fates: readonly InstanceFate[]): Promise<void> {
  const data = () => fates.map(({ uri, sopInstance, delivered, status }) => ({ file: uri, ...(sopInstance === undefined ? {} : { sopInstance }), sent: delivered, status }));
  if (output === 'json') return io.line(formatJson(data()));
  if (output === 'yaml') return io.write((await yamlFormatter())(data()));
  for (const { uri, delivered, status } of fates) if (!delivered) io.warn(`${visible(uri)}: ${status}`);
}

async function routeTo(context: Context, text: string, options: Options): Promise<Route> {
  const credentials = await credentialsOf(options);
  const own = options.aeTitle;
  const problem = own === undefined ? undefined : aeTitleProblem(own);
  if (problem !== undefined) throw new ClaraError('usage', `--aetitle: \`${visible(own!)}\` ${problem}`);
  const callingAe = own ?? defaultSettings.scu.aeTitle;
  if (/^https?:\/\//i.test(text)) {
    if (!URL.canParse(text)) throw new ClaraError('usage', `\`${visible(text)}\` is not a URL`);
    return { callingAe, target: { kind: 'web', name: text, server: { url: text, authorization: authorizationOf(credentials), ca: credentials.tlsCa || undefined } } };
  }
  const named = /^([^@]+)@(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text);
  if (named !== null) {
    const destination = { name: text, aeTitle: named[1]!, hostIp: named[2]!.replace(/^\[(.*)\]$/, '$1'), port: Number(named[3]) };
    const wrong = aeTitleProblem(destination.aeTitle) ?? hostProblem(destination.hostIp) ?? portProblem(destination.port);
    if (wrong !== undefined) throw new ClaraError('usage', `\`${visible(text)}\` is no receiver: part of it ${wrong}`, { hint: 'write AE@HOST:PORT' });
    return { callingAe, target: { kind: 'dicom', name: text, destination } };
  }
  const known = await ask<({ readonly kind: 'dicom'; readonly callingAe: string } & Destination) | ({ readonly kind: 'web' } & WebDestination)>(context, options.rest, 'GET', `/api/destinations/${encodeURIComponent(text)}`)
    .catch((thrown: unknown) => { throw noDestination(thrown, text); });
  if (known.kind === 'dicom') return { callingAe: own ?? known.callingAe, target: { kind: 'dicom', name: known.name, destination: known } };
  if (known.authType !== 'None' && credentials.authType === 'None') {
    throw new ClaraError('usage', `${known.name} asks who we are, and the adapter tells nobody the credentials that it has`, { hint: known.authType === 'Bearer' ? 'name the file with the token with --token-file' : 'name the user with --user, and the file with the password with --password-file' });
  }
  return { callingAe, target: { kind: 'web', name: known.name, server: { url: known.url, authorization: authorizationOf(credentials), ca: credentials.tlsCa || known.tlsCa || undefined } } };
}
