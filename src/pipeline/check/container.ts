import { quoted } from '../../core/names.ts';
import { type Container, type Requests } from '../model.ts';
import { type Mapping, type Scalar } from '../source.ts';
import { add, asMapping, asScalar, checkKnown, checkPassable, missing, present, requiredText, scalarOf, subject, firstKey, type Subject } from './properties.ts';

const nothing: Container = { image: '', tag: 'latest', command: [] };

/** Images of inference servers, which are of little use without a GPU. */
const gpuImages = /(^|\/)(tritonserver|tensorrtserver|trtserver|trtis)$/;

/** `container`: image, tag and command (Clara guide, Container). */
export function checkContainer(owner: Mapping, ownerSubject: Subject, requests: Requests): Container {
  const entry = present(owner, 'container');
  if (entry === undefined) {
    missing(owner.entries.get('container')?.key ?? owner.entries.get('name')?.value ?? firstKey(owner), 'container', ownerSubject, `${ownerSubject.title.startsWith('service') ? 'a service' : 'an operator'} needs at least container: {image: …}`);
    return nothing;
  }
  const container = asMapping(entry.value, 'container', ownerSubject);
  if (container === undefined) return nothing;
  const of = subject(ownerSubject.check, `the container of ${ownerSubject.title}`, `${ownerSubject.prefix}container.`, ownerSubject.operator);
  checkKnown(container, ['image', 'tag', 'command'], of, {
    args: 'arguments are part of "command"', entrypoint: 'arguments are part of "command"', env: `"variables" stands beside "container"`,
  });
  const image = requiredText(container, 'image', of, entry.key);
  const tag = scalarOf(container, 'tag', of);
  if (image !== undefined) checkImage(image, tag, of);
  if (tag !== undefined && tag.text !== '' && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag.text)) {
    add(of, 'bad-tag', tag, 'tag', `${quoted(tag.text)} is not an image tag`, 'letters, digits, "_", "." and "-", 128 at most, a letter, digit or "_" first');
  }
  // Whoever writes `gpu: 0` means it.
  if (image !== undefined && requests.gpu === undefined && gpuImages.test(image.text)) {
    add(of, 'gpu-request', image, 'image', `${ownerSubject.title} runs an inference server and requests no GPU, so that it sees none`, 'write requests: {gpu: 1}, or {gpu: 0} where it needs none');
  }
  const command = checkCommand(container, of);
  if (image?.text === 'host' && command?.length === 0) {
    missing(image, 'command', of, 'image "host" runs its command on the host, so it needs one');
  }
  return { image: image?.text ?? '', tag: tag === undefined || tag.text === '' ? 'latest' : tag.text, command: command ?? [] };
}

/** The image is a name as registries know it, with or without the registry's address, and without a tag. */
function checkImage(image: Scalar, tag: Scalar | undefined, of: Subject): void {
  const { text } = image;
  const tagged = /^([^@]*[^:/@]):([^/:@]+)$/.exec(text);
  if (text.includes('@')) {
    add(of, 'bad-image', image, 'image', `the image ${quoted(text)} names a digest; an image is found by name and tag`, 'write the image without "@…" and give its tag in "tag"');
  } else if (tagged !== null) {
    add(of, 'bad-image', image, 'image', `the image ${quoted(text)} has a tag in its name`, `write image: ${tagged[1]}${tag === undefined ? ` and tag: "${tagged[2]}"` : ' and leave the tag to "tag"'}`);
  } else if (text.length > 255 || !/^[A-Za-z0-9][A-Za-z0-9._-]*(:\d{1,5}(?=\/))?(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(text)) {
    add(of, 'bad-image', image, 'image', `${quoted(text)} is not the name of an image`, 'for example nvcr.io/nvidia/clara/dicom-reader');
  }
}

/** `command`: the arguments after the image, as with `docker run`; undefined where it is there and wrong. */
function checkCommand(container: Mapping, of: Subject): readonly string[] | undefined {
  const entry = present(container, 'command');
  if (entry === undefined) return [];
  if (entry.value.kind !== 'list') {
    add(of, 'bad-command', entry.value, 'command', `"command" of ${of.title} must be a list of arguments`, 'for example command: ["sh", "-c", "echo done"]');
    return undefined;
  }
  const command: string[] = [];
  for (const [index, item] of entry.value.items.entries()) {
    const scalar = item.kind === 'scalar' ? asScalar(item, `command[${index}]`, of) : undefined;
    if (scalar === undefined) {
      add(of, 'bad-command', item, `command[${index}]`, `argument ${index + 1} of "command" of ${of.title} must be a single value`);
      continue;
    }
    checkPassable(scalar, `command[${index}]`, of);
    command.push(scalar.text);
  }
  return command;
}
