/** Work that takes longer than this shows its progress. */
const PATIENCE_MS = 1000;

/** Runs `work`. If it takes over a second, prints what runs; on a terminal also the elapsed time. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  const seconds = () => ((performance.now() - startMs) / 1000).toFixed(1);
  const { stderr } = process;
  const show = () => stderr.write(stderr.isTTY ? `\r${what} … ${seconds()} s` : `${what} …\n`);
  let shown = false;
  const timer = setInterval(() => {
    if (stderr.isTTY || !shown) show();
    shown = true;
  }, PATIENCE_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (shown && stderr.isTTY) stderr.write('\r\u001b[K');
  }
}
