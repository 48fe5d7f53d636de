/** Where a command writes, a line a call. */
export interface Output {
  /** What was asked for. */
  readonly out: (text: string) => void;
  /** What is told of it besides. */
  readonly err: (text: string) => void;
  /** Columns of the terminal that it writes to; undefined: it writes to none, and lines may be of any length. */
  readonly width: number | undefined;
}
