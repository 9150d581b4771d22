import { type Drawing } from './drawing.ts';
import { layOut, type Box, type Line } from './layout.ts';

/** A picture for browsers and documents. It has its own white ground, and needs no fonts but what is there. */
export function svgLines(drawing: Drawing): readonly string[] {
  const { width, height, boxes, lines } = layOut(drawing);
  const critical = new Set(drawing.criticalPath.length > 1 ? drawing.criticalPath : []);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">`,
    `  <title>${escaped(drawing.title)}</title>`,
    '  <defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
    '  <rect width="100%" height="100%" fill="#fff"/>',
    ...lines.map(lineText),
    ...boxes.map((box) => boxText(box, critical.has(box.name))),
    '</svg>',
  ];
}

function boxText({ name, x, y, width, height }: Box, strong: boolean): string {
  return `  <g><rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6" fill="#f4f7ee" stroke="${strong ? '#4a7a00' : '#9a9'}" stroke-width="${strong ? 2 : 1}"/>`
    + `<text x="${round(x + width / 2)}" y="${round(y + height / 2)}" dy="0.35em" text-anchor="middle" fill="#222">${escaped(name)}</text></g>`;
}

function lineText({ points, label }: Line): string {
  const [start, ...rest] = points;
  let path = `M${round(start![0])} ${round(start![1])}`;
  let last = start!;
  for (const [index, point] of rest.entries()) {
    const middle = round((last[0] + point[0]) / 2);
    // Between columns a curve, past a box straight on.
    path += index % 2 === 0 ? ` C${middle} ${round(last[1])} ${middle} ${round(point[1])} ${round(point[0])} ${round(point[1])}` : ` L${round(point[0])} ${round(point[1])}`;
    last = point;
  }
  const text = label === '' ? '' : `<text x="${round((last[0] + points.at(-2)![0]) / 2)}" y="${round((last[1] + points.at(-2)![1]) / 2 - 4)}" text-anchor="middle" font-size="10" fill="#555">${escaped(label)}</text>`;
  return `  <path d="${path}" fill="none" stroke="#555" marker-end="url(#end)"/>${text}`;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
