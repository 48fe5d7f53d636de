/** At most `length` characters, the last of them `…` where some are left out. */
export function shortened(text: string, length: number): string {
  // Cut between code points. Only the kept part of a long text is split into them.
  const characters = [...text.slice(0, 2 * length + 1)];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
