/** Long enough to make one wonder. */
const PATIENCE_MS = 1000;

/** Runs `work`; on a terminal, shows what is done and how long it has taken when it takes over a second. */
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
