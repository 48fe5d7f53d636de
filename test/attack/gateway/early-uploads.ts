import { setTimeout as sleep } from 'node:timers/promises';
import { type Attack, tally } from './attack.ts';
import { sendRaw } from './raw-request.ts';

const UPLOAD = 'x'.repeat(5_000_000);
/** So many failures in a row open a circuit, and one a second keeps it open. */
const IN_A_ROW = 6;
const EVERY_MS = 1000;

/** Uploads that the upstream refuses before it has read them; another client asks beside it, once a second. */
export function earlyUploads(seconds: number): Attack {
  return {
    name: `uploads that are refused early, one a second for ${seconds} s`,
    run: async ({ url, token }) => {
      const [attacker, innocent] = await Promise.all([token('mallory'), token('alice')]);
      const fields = [['Content-Type', 'text/plain']] as const;
      const upload = () =>
        sendRaw(url, { method: 'POST', target: '/api/users/1', token: attacker, fields, body: UPLOAD });
      const ask = () => sendRaw(url, { method: 'GET', target: '/api/users/42', token: innocent });
      const uploads = [];
      const asked = [];
      for (let turn = 0; turn < IN_A_ROW; turn += 1) {
        const sent = upload();
        uploads.push(sent);
        await sent;
      }
      const startedAtMs = performance.now();
      for (let turn = 1; turn <= seconds; turn += 1) {
        await sleep(Math.max(0, startedAtMs + turn * EVERY_MS - performance.now()));
        uploads.push(upload());
        asked.push(ask());
      }
      const [refused, answers] = await Promise.all([Promise.all(uploads), Promise.all(asked)]);
      return {
        requests: uploads.length,
        worked: answers.some(({ status }) => status !== 200),
        seen: `the other client: ${tally(answers.map(({ status }) => status))}; the attacker: ${tally(refused.map(({ status }) => status))}`,
      };
    },
  };
}
