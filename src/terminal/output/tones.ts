import { type Style } from './style.ts';

/** What a state says to whoever watches; undefined says nothing yet. */
export type Tone = 'good' | 'bad' | 'busy' | undefined;

export function painted(style: Style, tone: Tone, text: string): string {
  return tone === undefined ? text : style[tone](text);
}
