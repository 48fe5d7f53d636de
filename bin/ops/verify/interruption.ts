/** One Ctrl-C arrives twice: from the terminal, and from tsx. */
const SAME_SIGNAL_MS = 1000;

/** The first Ctrl-C ends the requests, and the command still revokes its keys. A later one ends the command. */
export function interruption(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  let atMs: number | undefined;
  const abort = () => {
    atMs ??= Date.now();
    if (Date.now() - atMs > SAME_SIGNAL_MS) process.exit(1);
    controller.abort();
  };
  process.on('SIGINT', abort).on('SIGTERM', abort);
  return {
    signal: controller.signal,
    end: () => process.off('SIGINT', abort).off('SIGTERM', abort),
  };
}
