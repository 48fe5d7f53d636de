/** The clock of the local run; tests pass one that they move themselves. */
export interface Clock {
  nowMs(): number;
  /** Calls at every multiple of `periodMs`; returns a function that ends the calls. */
  every(periodMs: number, call: () => void): () => void;
}

/** Delay after each period, so that metrics emitted at its end have arrived. */
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
