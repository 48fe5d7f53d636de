import { hash } from 'node:crypto';
import type { LimitPolicy } from '../../contract/limits/limit-policy.ts';
import type { ServicePolicy } from '../../contract/policy.ts';
import { type CountedLimit, countName, type LimitRequest } from '../../core/limits/limiter.ts';
import { anchorOf } from '../../core/limits/limits.ts';

/** The number of hash tags of a gateway, and so of slots of a cluster: each has a copy of the operators' rules. */
const TAGS = 16;

/** The number of digests that are remembered, since clients come again: at most 1 MB, with the longest subjects. */
const MAX_DIGESTS = 1000;

/** The keys of one request, all under one tag: the operators' rules, then one for each of its limits. */
export type RequestKeys = (request: LimitRequest) => readonly [string, ...string[]];

/**
 * Names the keys of a request. A subject may hold any bytes at any length; its key is a digest, of a fixed length and without
 * a meaning to Redis or its cluster.
 *
 * `{k3Fz0}` tag, 6 characters of the limit, 15 of its subject: 28, the most that Redis keeps in 32 bytes. A thousand limits
 * of one gateway all differ, but in one of a hundred thousand gateways.
 */
export function requestKeys(policy: ServicePolicy): RequestKeys {
  const { gateway, service } = policy;
  const anchor = anchorOf(policy);
  const tags = allTags(gateway);
  const fixed = anchor === 'gateway' ? 0 : tagIndex(digest(service));
  // A limit is the same object for all requests that meet it.
  const prefixes = new WeakMap<LimitPolicy, string>();
  const digests = new Map<string, string>();

  const prefixOf = (limit: CountedLimit) => {
    const known = prefixes.get(limit.policy) ?? digest(countName(limit)).slice(0, 6);
    prefixes.set(limit.policy, known);
    return known;
  };
  const digestOf = (subject: string) => {
    if (subject === '') return '';
    const known = digests.get(subject) ?? digest(subject);
    if (digests.size >= MAX_DIGESTS) digests.clear();
    digests.set(subject, known);
    return known;
  };

  const tagOf = ({ limits, identity }: LimitRequest) => {
    const [first] = limits;
    // All services count refused credentials together, whatever their own limits span.
    if (first !== undefined && first.policy === policy.badCredentials) return tagIndex(digestOf(first.subject));
    return anchor === 'client' ? tagIndex(digestOf(identity.client)) : fixed;
  };

  return (request) => {
    const { limits } = request;
    const tag = tags[tagOf(request)];
    return [`${tag}rules`, ...limits.map((limit) => `${tag}${prefixOf(limit)}${digestOf(limit.subject)}`)];
  };
}

/** Keys of all copies of a gateway's rules, one under each tag. */
export function ruleKeys(gateway: string): readonly string[] {
  return allTags(gateway).map((tag) => `${tag}rules`);
}

function allTags(gateway: string): readonly string[] {
  const name = digest(gateway).slice(0, 4);
  return Array.from({ length: TAGS }, (_, index) => `{${name}${index.toString(TAGS)}}`);
}

/** From several characters: the values of one are not spread evenly over the tags. */
function tagIndex(digest: string): number {
  let sum = 0;
  for (const character of digest.slice(0, 4)) sum += character.charCodeAt(0);
  return sum % TAGS;
}

/** 90 bits: to find another subject with the digest of a given one is out of reach. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 15);
}
