import { type Attribute, type Attributes } from './json-model.ts';

/** Attributes as JSON in one line, in the order of their tags, which a plain object does not keep (`52009229` counts as an index). */
export function printAttributes(attributes: Attributes): string {
  return `{${Object.keys(attributes).sort().map((tag) => `"${tag}":${printAttribute(attributes[tag]!)}`).join(',')}}`;
}

function printAttribute(attribute: Attribute): string {
  if (attribute.vr !== 'SQ' || attribute.Value === undefined) return JSON.stringify(attribute);
  return `{"vr":"SQ","Value":[${attribute.Value.map((item) => printAttributes(item as Attributes)).join(',')}]}`;
}
