/** Time as the local run sees it; a test hands in one that it moves itself. */
export interface Clock {
  nowMs(): number;
  /** Calls at every multiple of `periodMs`; returns what ends the calls. */
  every(periodMs: number, call: () => void): () => void;
}

/** Late by this much, so that what was emitted at the end of a period has arrived. */
const GRACE_MS = 250;

export const systemClock: Clock = {
  nowMs: Date.now,
  every: (periodMs, call) => {
    let timer: NodeJS.Timeout;
    const schedule = () => {
      timer = setTimeout(fire, periodMs - ((Date.now() - GRACE_MS) % periodMs)).unref();
    };
    const fire = () => {
      call();
      schedule();
    };
    schedule();
    return () => clearTimeout(timer);
  },
};
