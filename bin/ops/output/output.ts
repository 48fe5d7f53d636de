/** Where a command writes; each call is a line. */
export interface Output {
  /** The result. */
  readonly out: (text: string) => void;
  /** Notes and errors. */
  readonly err: (text: string) => void;
  /** Columns of the terminal; undefined: no terminal, so lines may have any length. */
  readonly width: number | undefined;
}
