import type { LoadOrder } from './orders.ts';

/**
 * Sends at a steady rate, whatever becomes of the answers, as a process is ordered to by its messages.
 *
 * @param send resolves with what is to be told of one request
 */
export function serveLoad<Told>(send: () => Promise<Told>): void {
  const underWay = new Set<Promise<void>>();
  let told: Told[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function sendOne(): Promise<void> {
    const one = await send();
    // Not before it is answered: what is taken meanwhile is another array.
    told.push(one);
  }

  /** By when each request is due, so that a late timer makes no rate lower. */
  function begin(everyMs: number): void {
    const startMs = performance.now();
    let sent = 0;
    const dueMs = () => startMs + sent * everyMs;
    const sendDue = () => {
      for (; dueMs() <= performance.now(); sent += 1) {
        const sending = sendOne().catch(fail);
        underWay.add(sending);
        void sending.then(() => underWay.delete(sending));
      }
      timer = setTimeout(sendDue, dueMs() - performance.now());
    };
    sendDue();
  }

  function take(): readonly Told[] {
    const taken = told;
    told = [];
    return taken;
  }

  async function carryOut(order: LoadOrder): Promise<unknown> {
    switch (order.order) {
      case 'begin':
        begin(order.everyMs);
        return true;
      case 'take':
        return take();
      case 'end':
        clearTimeout(timer);
        await Promise.all(underWay);
        return take();
    }
  }

  process.on('message', (order: LoadOrder) => {
    carryOut(order).then((reply) => process.send?.(reply), fail);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port: 0 });
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}
