/** At most `length` characters, the last of them `…` where some are left out. */
export function shortened(text: string, length: number): string {
  // By code points, of which half is none; whatever else there is of a text of 400 KB is not taken apart.
  const characters = [...text.slice(0, 2 * length + 1)];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
