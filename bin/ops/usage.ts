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
  keys create --owner NAME     makes an API key: prints it, this once only
  keys list                    what keys there are: whose, until when, when last used
  keys rotate ID               gives a key another secret and prints it, this once only
  circuit list                 the circuits of all services, and who moved them last
  circuit show SERVICE         one of them: how it stands, why, and what became of it before
  circuit open SERVICE --reason TEXT    forwards no request of the service
  circuit close SERVICE        forwards all of them, however the service fails
  circuit auto SERVICE         ends both: it moves by itself again
  verify --url URL             tries what only AWS can prove, and prints what holds and differs
  replay LOG --limit LIMIT     who would be refused by a limit, from a log ('-': standard input)

ID is token:<jti>, sub:NAME, tenant:NAME, ip:ADDRESS, plan:NAME, key:ID (keys rotate: or ID alone).
LIMIT is BY=NUMBER/WINDOW, client=100/1m, or of a token bucket BY=RATE/s+BURST, client=10/s+50;
BY is client, ip or total; it may be given several times.
Of circuits SINCE is the last change, which WHO made, and UNTIL when it moves on by itself;
'no end': only by circuit auto; '-': by what becomes of requests.

  --for TIME         until it ends by itself: 30s, 15m, 1h, 7d (revoke, limit; keys create: 365d;
                     circuit open, circuit close: at most 30d)
  --reason TEXT      why, at most 256 characters (revoke, restore, limit, circuit)
  --rate NUMBER      units a second of a token bucket, whose burst is VALUE (limit)
  --kind KIND        of one kind of ID only (list)
  --plan NAME, --tenant NAME, --scopes "A B", --roles "A B"   what the key stands for (keys create)
  --overlap TIME     how long the former secret is good beside the new one: 24h, at most 30d;
                     0: no longer (keys rotate)
  --json             JSON instead of text
  --gateway NAME     the gateway (${DEFAULT_GATEWAY})
  --region REGION    AWS region (as the AWS CLI has it)
  --local [PORT]     the gateway of npm start, on port ${DEFAULT_LOCAL_PORT}
  --service NAME, --top COUNT    requests of one service, so many subjects (replay)
  --url URL          where clients find the gateway, the output GatewayUrl (verify)
  --service NAME     a service with a limit that takes API keys (verify: orders)
  --path PATH, --other-path PATH   of a request to that service (/api/NAME/verify), and to one
                     that takes no API keys (verify: /api/users/verify)
  --token-env NAME   a variable that holds a token, to send in place of API keys (verify)
  --stack NAME       how the names of the log groups begin (verify: as the gateway)
  --with-circuit     opens the circuit of the service for a moment, too (verify)

Exit code 0: done, or nothing differs; 1: not done; 2: not understood, so nobody was asked.`;
