/** Header fields that some server trusts, although a client can send them as well as the proxy that should. */
export interface UntrustedHeaders {
  /** Who sends such a field, and what a client gains by it. */
  readonly reason: string;
  /** In lower case. A name that ends in `*` means every field that begins so. */
  readonly names: readonly string[];
}

/**
 * Fields of clients that do not reach an upstream, beside hop-by-hop fields, credentials and the gateway's own. A service
 * keeps one by its prop `keepHeaders`, for example where a CDN before the gateway sets it. docs/props.md has the list.
 */
export const UNTRUSTED_HEADERS: readonly UntrustedHeaders[] = [
  {
    reason: 'Proxies, CDNs and platforms report the client’s address in it: a client could get around allow-lists.',
    names: [
      'cf-connecting-ip*',
      'cf-pseudo-ipv4',
      'client-ip',
      'cloudfront-viewer-*',
      'do-connecting-ip',
      'fastly-client-ip',
      'fly-client-ip',
      'forwarded',
      'incap-client-ip',
      'proxy-client-ip',
      'true-client-ip',
      'wl-proxy-*',
      'x-azure-*',
      'x-client-ip',
      'x-cluster-client-ip',
      'x-forwarded',
      'x-nf-client-connection-ip',
      'x-originating-ip',
      'x-proxyuser-ip',
      'x-real-ip',
      'x-sucuri-clientip',
      'x-vercel-*',
    ],
  },
  {
    reason: 'Authenticating proxies and identity platforms tell the user in it: a client could be anyone.',
    names: [
      'cf-access-*',
      'remote-*',
      'tailscale-user-*',
      'x-amzn-lambda-context',
      'x-amzn-oidc-*',
      'x-amzn-request-context',
      'x-anonymous-consumer',
      'x-apigateway-*',
      'x-auth-request-*',
      'x-authenticated-*',
      'x-authentik-*',
      'x-consumer-*',
      'x-credential-*',
      'x-endpoint-api-userinfo',
      'x-goog-authenticated-*',
      'x-goog-iap-*',
      'x-ms-client-*',
      'x-ms-token-*',
      'x-pomerium-*',
      'x-remote-*',
      'x-vouch-*',
      'x-webauth-*',
    ],
  },
  {
    reason:
      'Proxies that end TLS hand on the client’s certificate in it (RFC 9440): a client needs no key to forge it.',
    names: ['client-cert*', 'ssl-client-*', 'x-amzn-mtls-*', 'x-arr-*', 'x-client-cert*', 'x-ssl-*'],
  },
  {
    reason: 'Frameworks take scheme, host, port, path prefix, user or certificate from it: links and checks go wrong.',
    names: ['front-end-https', 'x-forwarded-*', 'x-host', 'x-http-host-override', 'x-scheme', 'x-url-scheme'],
  },
  {
    reason: 'Frameworks see another path or method than the one whose policies the gateway checked.',
    names: [
      'x-http-method',
      'x-http-method-override',
      'x-method-override',
      'x-original-*',
      'x-override-url',
      'x-rewrite-*',
    ],
  },
  {
    reason: 'Meshes and middleware obey it: Envoy’s timeouts and retries, Linkerd’s routes, Next.js (CVE-2025-29927).',
    names: ['l5d-*', 'x-envoy-*', 'x-middleware-*'],
  },
  {
    reason: 'Google App Engine sets it on its own calls: a client could pass for a cron job or a task queue.',
    names: ['x-appengine-*'],
  },
  {
    reason: 'CGI makes it the variable HTTP_PROXY, through which libraries send requests (CVE-2016-5385, httpoxy).',
    names: ['proxy'],
  },
];

/** The gateway writes these anew for every upstream, whatever a client sends. */
export const REBUILT_HEADERS: readonly string[] = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-prefix',
];

const ALL = UNTRUSTED_HEADERS.flatMap(({ names }) => names);
const NAMES = new Set(ALL.filter((name) => !name.endsWith('*')));
const PREFIXES = ALL.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
const BEGINS_UNTRUSTED = new RegExp(`^(?:${PREFIXES.join('|')})`);

/** @param name in lower case, `-` for all that is neither letter nor digit */
export function isUntrusted(name: string): boolean {
  return NAMES.has(name) || BEGINS_UNTRUSTED.test(name);
}
