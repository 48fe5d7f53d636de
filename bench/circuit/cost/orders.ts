/** What the benchmark says to the process of a breaker, each answered by a `Cost`. */
export interface Order {
  /** `floor`: the same without the breaker. */
  readonly of: 'floor' | 'closed' | 'open';
  readonly calls: number;
}

export interface Cost {
  /** User and system time of all threads, ns a call. */
  readonly cpuNs: number;
}
