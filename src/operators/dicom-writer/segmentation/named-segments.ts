import { ClaraError, messageOf } from '../../../core/errors.ts';
import { plainSegment, type Code, type Segment } from './segment.ts';

/** What a setting says of the segments of a mask, and of the object that they become. */
export interface NamedSegments {
  readonly segments: readonly Segment[];
  readonly description: string | undefined;
  readonly creator: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Attributes of a whole object that dcmqi's files may have, and that we give values of our own. */
const passedOver = ['@schema', 'ContentLabel', 'SeriesNumber', 'InstanceNumber', 'BodyPartExamined', 'ClinicalTrialSeriesID', 'ClinicalTrialTimePointID', 'ClinicalTrialCoordinatingCenterName'];
const algorithmTypes = ['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL'] as const;
const mostSegments = 0xffff;

/**
 * Reads the description of segments that dcmqi and pydicom-seg take too: an object with `segmentAttributes`, or the list of segments alone.
 * @param source what to call it in an error
 * @throws ClaraError `usage` naming every problem at once
 */
export function readNamedSegments(text: string, source: string): NamedSegments {
  const problems: string[] = [];
  const given = parsed(text, source);
  const whole: Fields = Array.isArray(given) ? { segmentAttributes: given } : isFields(given) ? given : {};
  if (whole !== given && !Array.isArray(given)) problems.push('it must be a list of segments, or an object with segmentAttributes');
  const read = reader(whole, '', problems);
  // dcmqi has a list for each of its input files; a volume is one.
  const list = read.take('segmentAttributes');
  const items = (Array.isArray(list) ? list.flat() : []) as readonly unknown[];
  if (problems.length === 0 && items.length === 0) problems.push('segmentAttributes must be a list with at least one segment');
  if (items.length > mostSegments) problems.push(`more than ${mostSegments} segments`);
  const segments = items.map((item, index) => segmentOf(item, `segment ${index + 1}`, problems));
  const [description, creator] = [read.text('SeriesDescription', 64) ?? read.text('ContentDescription', 64), read.text('ContentCreatorName', 64)];
  for (const name of passedOver) read.take(name);
  read.end();
  for (const { label } of segments.filter(({ label: one }, index) => !Number.isNaN(one) && segments.findIndex((other) => other.label === one) < index)) problems.push(`labelID ${label} is there twice`);
  if (problems.length > 0) {
    throw new ClaraError('usage', `${source}: ${problems[0]!}`, {
      details: problems.slice(1, 10), hint: 'for example [{"labelID": 1, "SegmentLabel": "Liver", "SegmentedPropertyTypeCodeSequence": {"CodeValue": "10200004", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Liver"}}]',
    });
  }
  return { segments, description, creator };
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ClaraError('usage', `${source} is not JSON (${messageOf(error)})`, { cause: error });
  }
}

function segmentOf(item: unknown, where: string, problems: string[]): Segment {
  if (!isFields(item)) problems.push(`${where} must be an object`);
  const read = reader(isFields(item) ? item : {}, `${where}: `, problems);
  const label = read.take('labelID');
  const isLabel = typeof label === 'number' && Number.isInteger(label) && label >= 1 && label <= 0xffff;
  if (isFields(item) && !isLabel) problems.push(`${where}: labelID must be a whole number from 1 to 65535`);
  const plain = plainSegment(isLabel ? label : 1);
  const type = read.code('SegmentedPropertyTypeCodeSequence');
  const segment: Segment = {
    label: isLabel ? label : NaN,
    name: read.text('SegmentLabel', 64) ?? type?.meaning ?? plain.name,
    description: read.text('SegmentDescription', 1024),
    category: read.code('SegmentedPropertyCategoryCodeSequence') ?? plain.category,
    type: type ?? plain.type,
    typeModifier: read.code('SegmentedPropertyTypeModifierCodeSequence'),
    region: read.code('AnatomicRegionSequence'),
    regionModifier: read.code('AnatomicRegionModifierSequence'),
    algorithmType: read.choice('SegmentAlgorithmType', algorithmTypes) ?? plain.algorithmType,
    algorithmName: read.text('SegmentAlgorithmName', 64) ?? plain.algorithmName,
    color: read.color('recommendedDisplayRGBValue') ?? plain.color,
  };
  if (segment.regionModifier !== undefined && segment.region === undefined) problems.push(`${where}: AnatomicRegionModifierSequence without AnatomicRegionSequence`);
  read.end();
  return segment;
}

/** Takes the fields of an object one by one, and complains of what it finds wrong, and at the end of what nobody took. */
function reader(fields: Fields, where: string, problems: string[]) {
  const taken = new Set<string>();
  const take = (name: string): unknown => {
    taken.add(name);
    return Object.hasOwn(fields, name) ? fields[name] : undefined;
  };
  const wrong = (name: string, must: string): undefined => void problems.push(`${where}${name} must be ${must}`);
  const text = (name: string, longest: number): string | undefined => {
    const value = take(name);
    if (value === undefined || value === '') return undefined;
    // PS3.5 6.2: a backslash would make two values of it.
    return typeof value === 'string' && value.length <= longest && !/[\\\u0000-\u001f]/.test(value) ? value : wrong(name, `a text of at most ${longest} characters without backslash`);
  };
  return {
    take, text,
    choice: <Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined => {
      const value = take(name);
      const known = choices.find((choice) => choice === value);
      return value === undefined || known !== undefined ? known : wrong(name, `one of ${choices.join(', ')}`);
    },
    color: (name: string): Segment['color'] | undefined => {
      const value = take(name);
      if (value === undefined) return undefined;
      const isColor = Array.isArray(value) && value.length === 3 && value.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
      return isColor ? (value as unknown as Segment['color']) : wrong(name, 'three whole numbers from 0 to 255');
    },
    code: (name: string): Code | undefined => {
      const value = take(name);
      if (value === undefined) return undefined;
      // As an attribute has it, a list of one; dcmqi leaves the list out.
      const item: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
      if (!isFields(item)) return wrong(name, 'a code: CodeValue, CodingSchemeDesignator, CodeMeaning');
      const inner = reader(item, `${where}${name}: `, problems);
      const [codeValue, scheme, meaning] = [inner.text('CodeValue', 16), inner.text('CodingSchemeDesignator', 16), inner.text('CodeMeaning', 64)];
      inner.end();
      return codeValue !== undefined && scheme !== undefined && meaning !== undefined ? { value: codeValue, scheme, meaning } : wrong(name, 'a code: CodeValue, CodingSchemeDesignator, CodeMeaning');
    },
    end: () => {
      for (const name of Object.keys(fields)) if (!taken.has(name)) problems.push(`${where}${name} is not known`);
    },
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
