export const DEFAULT_GATEWAY = 'Tollgate-dev-Gateway';
/** Port of the operators at `npm start`. */
export const DEFAULT_LOCAL_PORT = 3010;

export const USAGE = `usage: npx tsx bin/ops.ts COMMAND

  revoke ID --reason TEXT      refuses every further request of a token, subject, tenant or API key
  restore ID                   ends a revocation
  limit ID NAME VALUE          sets a limit of one subject, or of all subjects of a plan;
                               NAME as in the stack: client, or payments/client for one service;
                               VALUE from 1 to 10000000; a concurrency limit counts at most 1000
  limit ID NAME default        restores the limit of the stack
  list [revoked|limits]        lists revocations and limits in force
  show ID                      shows what is in force for one subject
  keys create --owner NAME     makes an API key and prints it, this once only
  keys list                    lists the keys with their owners, ends and last uses
  keys rotate ID               gives a key another secret and prints it, this once only
  circuit list                 lists the circuits of all services, and who changed each one last
  circuit show SERVICE         shows the state of one circuit, its cause and its history
  circuit open SERVICE --reason TEXT    forwards no request of the service
  circuit close SERVICE        forwards all requests, even if the service fails
  circuit auto SERVICE         ends both: the circuit changes by itself again
  verify --url URL             tries what only AWS can prove, and reports what holds and differs
  replay LOG --limit LIMIT     shows who a limit would refuse, from a log ('-': standard input)

ID is token:<jti>, sub:NAME, tenant:NAME, ip:ADDRESS, plan:NAME, key:ID (keys rotate: or ID alone).
LIMIT is BY=NUMBER/WINDOW, like client=100/1m, or BY=RATE/s+BURST for a token bucket, like
client=10/s+50. BY is client, ip or total. Repeat --limit to try several limits.
Circuits: WHO made the last change at SINCE; at UNTIL the circuit changes by itself.
UNTIL 'no end': only circuit auto ends the state; '-': the outcomes of requests do.

  --for TIME         ends by itself after this time: 30s, 15m, 1h, 7d (revoke, limit;
                     keys create: 365d; circuit open, circuit close: at most 30d)
  --reason TEXT      why, at most 256 characters (revoke, restore, limit, circuit)
  --rate NUMBER      units a second of a token bucket, whose burst is VALUE (limit)
  --kind KIND        lists this kind of ID only (list)
  --plan NAME, --tenant NAME, --scopes "A B", --roles "A B"   of the key's client (keys create)
  --overlap TIME     how long the former secret stays valid: 24h, at most 30d;
                     0: it ends at once (keys rotate)
  --json             JSON instead of text
  --gateway NAME     the gateway (${DEFAULT_GATEWAY})
  --region REGION    AWS region (the AWS CLI's)
  --local [PORT]     the gateway of npm start, on port ${DEFAULT_LOCAL_PORT}
  --service NAME     only requests of this service (replay)
  --top COUNT        how many subjects to name (replay)
  --url URL          address of the gateway, the output GatewayUrl (verify)
  --service NAME     a service with a limit that takes API keys (verify: orders)
  --path PATH, --other-path PATH   path of a request to that service (/api/NAME/verify), and of
                     one to a service that takes no API keys (verify: /api/users/verify)
  --token-env NAME   a variable that holds a token, to send in place of API keys (verify)
  --stack NAME       prefix of the names of the log groups (verify: as the gateway)
  --with-circuit     also opens the circuit of the service for a moment (verify)

Exit code 0: done, or nothing differs; 1: failed, or something differs; 2: wrong usage, not sent.`;
