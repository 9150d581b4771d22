/** Meaning, not colour: what a piece of text says. Without colour every function returns its argument. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  busy(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

const same = (text: string) => text;
export const plainStyle: Style = { good: same, bad: same, busy: same, faint: same, strong: same };

/** Colours of a terminal; chalk is loaded only where there is one to colour. */
export async function terminalStyle(): Promise<Style> {
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return { good: chalk.green, bad: chalk.red, busy: chalk.yellow, faint: chalk.dim, strong: chalk.bold };
}
