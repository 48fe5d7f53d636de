export const DEFAULT_GATEWAY = 'Tollgate-dev-Gateway';
/** Of `npm start`. */
export const DEFAULT_LOCAL_PORT = 3010;

export const USAGE = `usage: npx tsx bin/ops.ts COMMAND

  revoke ID --reason TEXT      refuses every further request of a token, subject, tenant or API key
  restore ID                   lets them pass again
  limit ID NAME VALUE          sets a limit of one subject, or of all of a plan; NAME as the stack
                               has it, client, or of one service only, payments/client;
                               VALUE from 1 to 10000000, of concurrency 1000 count at most
  limit ID NAME default        takes it back
  list [revoked|limits]        what is in force
  show ID                      what is in force for one subject
  keys create --owner NAME     makes an API key, on standard output: it is shown this once only
  keys list                    the keys, their owners, last use and state
  keys rotate ID               gives a key another secret; the former one is good for --overlap
  replay LOG --limit LIMIT     who would be refused by a limit, from a log ('-': standard input)

ID is token:<jti>, sub:NAME, tenant:NAME, ip:ADDRESS, plan:NAME, key:ID.

  --for TIME         until it ends by itself: 30s, 15m, 1h, 7d (revoke, limit, keys create: 365d)
  --overlap TIME     how long the former secret is good, 24h; 0 ends it now (keys rotate)
  --plan, --tenant NAME, --scopes, --roles "A B"    what the key's bearer has (keys create)
  --reason TEXT      why, at most 256 characters (revoke, restore, limit)
  --rate NUMBER      units a second of a token bucket, whose burst is VALUE (limit)
  --kind KIND        of one kind of ID only (list)
  --json             JSON instead of text
  --gateway NAME     the gateway (${DEFAULT_GATEWAY})
  --region REGION    AWS region (as the AWS CLI has it)
  --local [PORT]     the gateway of npm start, on port ${DEFAULT_LOCAL_PORT}
  --service NAME, --top COUNT    requests of one service, so many subjects (replay)

Exit code 0: done; 1: not done; 2: not understood.`;
