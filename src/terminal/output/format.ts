// C1 controls and marks of writing direction: legal raw in JSON and YAML, but able to drive a terminal.
const unsafe = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A value as indented JSON without anything that could drive a terminal. No line end. */
export function formatJson(value: unknown): string {
  return escaped(JSON.stringify(value, null, 2));
}

/** The same on one line, for a series of values. */
export function formatJsonLine(value: unknown): string {
  return escaped(JSON.stringify(value));
}

/** Makes a function that gives a value as YAML, with its line end; js-yaml is loaded only when asked for. */
export async function yamlFormatter(): Promise<(value: unknown) => string> {
  const { dump } = await import('js-yaml');
  return (value) => {
    const text = dump(value, { lineWidth: -1, noRefs: true });
    // Escapes mean what they say only between double quotes.
    return text.search(unsafe) < 0 ? text : escaped(dump(value, { lineWidth: -1, noRefs: true, forceQuotes: true, quotingType: '"' }));
  };
}

function escaped(text: string): string {
  return text.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
