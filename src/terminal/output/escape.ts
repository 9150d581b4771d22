import { visible } from '../../core/names.ts';

/** Makes text from the platform or a file name safe for a terminal and for line-based readers; see `visible`. */
export const escapeControls = visible;

/** Like escapeControls for text of several lines, as logs and definitions are: line ends and tabs stay. */
export function escapeLines(text: string): string {
  return text.replace(/[^\n\t]+/g, (run) => visible(run));
}
