import type { Attack } from './attack.ts';
import { sendRaw } from './raw-request.ts';

/** Fields by which some server or proxy tells an upstream who the client is, or what it asked for. */
const FIELDS = [
  'Proxy',
  'Client-Ip',
  'True-Client-Ip',
  'CF-Connecting-IP',
  'X-Real-Ip',
  'X-Original-Url',
  'X-Original-Host',
  'X-Original-Method',
  'X-Original-Uri',
  'X-Rewrite-Url',
  'X-Forwarded-User',
  'X-Forwarded-Uri',
  'X-Forwarded-Path',
  'X-Forwarded-Method',
  'X-Forwarded-Ssl',
  'X-Forwarded-Port',
  'X-Envoy-Internal',
  'X-Envoy-External-Address',
  'X-Remote-User',
  'X-Goog-Authenticated-User-Email',
  'X-Amzn-Oidc-Identity',
  'X-Amzn-Oidc-Data',
  'X-Amzn-Request-Context',
  'X-Apigateway-Event',
  'X-Ms-Client-Principal',
  'X-Ms-Client-Principal-Name',
  'X-User-Id',
  'X_User_Id',
  'X-HTTP-Method-Override',
];
const MARK = 'spoofed-value';

export const spoofing: Attack = {
  name: 'fields that tell the upstream who asks, and for what',
  run: async ({ url, products }) => {
    for (const name of FIELDS) {
      await sendRaw(url, { method: 'GET', target: '/api/products/1', fields: [[name, MARK]] });
    }
    const arrived = products.flatMap((headers) => Object.keys(headers).filter((name) => headers[name] === MARK));
    return {
      requests: FIELDS.length,
      worked: arrived.length > 0 || products.length === 0,
      seen: arrived.length > 0 ? `the upstream got ${arrived.join(' ')}` : 'the upstream got none of them',
    };
  },
};
