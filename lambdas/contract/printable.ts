/**
 * What a terminal would act on, or show as nothing or as something else, is written as its code: control and format
 * characters, and spaces and line ends other than the space.
 */
export function printable(text: string): string {
  return text.replace(/(?! )[\p{C}\p{Z}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}
