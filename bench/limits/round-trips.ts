import type { Redis } from 'ioredis';

/** Counts how often a connection writes after it has read: a pipeline in one piece is one round trip, a dialogue is more. */
export function countRoundTrips(client: Redis | undefined): { stop(): number } {
  const stream = client?.stream;
  if (stream === undefined) throw new Error('there is no connection');
  let trips = 0;
  let reading = true;
  const onData = () => {
    reading = true;
  };
  const write = stream.write;
  const onWrite = () => {
    if (reading) trips += 1;
    reading = false;
  };
  stream.on('data', onData);
  stream.write = ((...parts: Parameters<typeof write>) => {
    onWrite();
    return Reflect.apply(write, stream, parts);
  }) as typeof write;
  return {
    stop: () => {
      stream.off('data', onData);
      stream.write = write;
      return trips;
    },
  };
}
