/** Where a panel stands, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One colour a series; told apart without colour vision, and on a dark page as on a light one. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'] as const;
export const NEUTRAL = '#8c8c8c';

/** On white, since a page may be dark. @param title for those who cannot see it */
export function document(title: string, width: number, height: number, panels: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -16 ${width + 32} ${height + 32}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="-16" y="-16" width="${width + 32}" height="${height + 32}" fill="#ffffff"/>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly fill?: string;
  readonly bold?: boolean;
}

export function label(x: number, y: number, text: string, options: TextOptions = {}): string {
  const { anchor = 'start', fill = '#222222', bold = false } = options;
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}" fill="${fill}"${weight}>${escaped(text)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, dashed = false): string {
  const dash = dashed ? ' stroke-dasharray="4 3"' : '';
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="${stroke}"${dash}/>`;
}

export function px(value: number): string {
  return String(Math.round(10 * value) / 10);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
