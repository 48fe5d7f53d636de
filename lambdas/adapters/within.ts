export const NO_ANSWER = Symbol('no answer');

/**
 * The reply, or `NO_ANSWER` after the deadline. A timer that fires late, since the instance was frozen or had used up
 * its share of the CPU, may find the reply arrived but unread: the sockets are read once more before it is given up.
 */
export function within<T>(timeoutMs: number, reply: Promise<T>): Promise<T | typeof NO_ANSWER> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(resolve, NO_ANSWER), timeoutMs);
    // Not `finally`: its further promises cost each command some microseconds.
    reply.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
