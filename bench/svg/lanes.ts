import { type Box, label, line, px } from './document.ts';
import { TIME_MARGIN, timeScale } from './time-axis.ts';

interface Stay {
  readonly lane: string;
  readonly fromS: number;
  readonly untilS: number;
}

interface Lanes {
  readonly title: string;
  /** From top to bottom; each is named beside it, since a colour alone tells not everybody. */
  readonly lanes: readonly { readonly name: string; readonly colour: string }[];
  readonly stays: readonly Stay[];
  readonly untilS: number;
}

const TITLE_HEIGHT = 26;
/** What is shorter than this would not be seen. */
const LEAST_WIDTH = 2.5;

/** What is in one of some states at any time, as a bar in the lane of that state. */
export function lanes(box: Box, { title, lanes, stays, untilS }: Lanes): string {
  const across = timeScale(box, untilS);
  const height = (box.height - TITLE_HEIGHT) / lanes.length;
  const [left, right] = [box.x + TIME_MARGIN.left, box.x + box.width - TIME_MARGIN.right];
  const drawn = lanes.flatMap(({ name, colour }, index) => {
    const top = box.y + TITLE_HEIGHT + index * height;
    const bars = stays
      .filter(({ lane }) => lane === name)
      .map((stay) => {
        const x = across(stay.fromS);
        const width = Math.max(LEAST_WIDTH, across(stay.untilS) - x);
        return `<rect x="${px(x)}" y="${px(top + 2)}" width="${px(width)}" height="${px(height - 4)}" fill="${colour}"/>`;
      });
    const middle = top + height / 2;
    return [
      label(left - 6, middle + 4, name, { anchor: 'end' }),
      line(left, middle, right, middle, '#dddddd'),
      ...bars,
    ];
  });
  return [label(box.x, box.y + 14, title, { bold: true }), ...drawn].join('\n');
}
