import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../bin/ops/command.ts';
import { main } from '../../bin/ops/main.ts';
import { operatorName } from '../../bin/ops/operator-name.ts';

const AWS = { gateway: 'Tollgate-dev-Gateway', region: undefined, localPort: undefined };

/** As a shell without quotes would split it; `_` stands for a space. */
function parsed(line: string) {
  return parseCommand(line.split(' ').map((word) => word.replaceAll('_', ' ')));
}

describe('a command', () => {
  it.each([
    [
      'revoke sub:alice --reason left_the_company',
      { action: 'revoke', id: 'sub:alice', reason: 'left the company', forMs: null },
    ],
    ['revoke token:t1 --reason x --for 1h', { action: 'revoke', id: 'token:t1', reason: 'x', forMs: 3_600_000 }],
    [
      'revoke key:4fzN9qXw2LbC --reason x --for 3650d',
      { action: 'revoke', id: 'key:4fzN9qXw2LbC', reason: 'x', forMs: 3650 * 86_400_000 },
    ],
    ['restore sub:alice', { action: 'restore', id: 'sub:alice', reason: '' }],
    [
      'limit sub:alice payments/client 500 --for 1d --reason migration',
      {
        action: 'limit',
        id: 'sub:alice',
        limit: 'payments/client',
        value: 500,
        ratePerS: null,
        forMs: 86_400_000,
        reason: 'migration',
      },
    ],
    [
      'limit plan:pro client-bucket 50 --rate 2.5',
      {
        action: 'limit',
        id: 'plan:pro',
        limit: 'client-bucket',
        value: 50,
        ratePerS: 2.5,
        forMs: null,
        reason: '',
      },
    ],
    [
      'limit sub:alice client default',
      { action: 'limit', id: 'sub:alice', limit: 'client', value: null, ratePerS: null, forMs: null, reason: '' },
    ],
    ['show sub:alice', { action: 'get', id: 'sub:alice' }],
  ])('%s is read', (line, operation) => {
    expect(parsed(line)).toEqual({ type: 'operate', operation, target: AWS, json: false });
  });

  it.each([
    ['list', 'all', null],
    ['list revoked', 'revoked', null],
    ['list limits --kind plan', 'limits', 'plan'],
  ])('%s is read', (line, facts, kind) => {
    const operation = { action: 'list', kind, after: null };
    expect(parsed(line)).toEqual({ type: 'list', operation, facts, target: AWS, json: false });
  });

  it.each([
    [
      'keys create --owner billing@example.com --plan pro --tenant acme --scopes orders:read__orders:write --roles a --for 30d',
      {
        action: 'create-key',
        owner: 'billing@example.com',
        plan: 'pro',
        tenant: 'acme',
        scopes: ['orders:read', 'orders:write'],
        roles: ['a'],
        forMs: 30 * 86_400_000,
      },
    ],
    [
      'keys create --owner billing',
      {
        action: 'create-key',
        owner: 'billing',
        plan: '',
        tenant: '',
        scopes: [],
        roles: [],
        forMs: 365 * 86_400_000,
      },
    ],
    ['keys rotate 4fzN9qXw2LbC', { action: 'rotate-key', id: '4fzN9qXw2LbC', overlapMs: 86_400_000 }],
    ['keys rotate key:4fzN9qXw2LbC --overlap 1h', { action: 'rotate-key', id: '4fzN9qXw2LbC', overlapMs: 3_600_000 }],
    [
      'keys rotate 4fzN9qXw2LbC --overlap 30d',
      { action: 'rotate-key', id: '4fzN9qXw2LbC', overlapMs: 30 * 86_400_000 },
    ],
    ['keys rotate 4fzN9qXw2LbC --overlap 0', { action: 'rotate-key', id: '4fzN9qXw2LbC', overlapMs: 0 }],
  ])('%s is read', (line, operation) => {
    expect(parsed(line)).toEqual({ type: 'make-key', operation, target: AWS, json: false });
  });

  const BY = operatorName();
  it.each([
    ['circuit show payments', { action: 'get-circuit', service: 'payments' }],
    [
      'circuit open payments --reason maintenance --for 10m',
      { action: 'open-circuit', service: 'payments', forMs: 600_000, reason: 'maintenance', by: BY },
    ],
    [
      'circuit close payments-2 --for 30d',
      { action: 'close-circuit', service: 'payments-2', forMs: 30 * 86_400_000, reason: '', by: BY },
    ],
    [
      'circuit auto payments --reason is_well_again',
      { action: 'release-circuit', service: 'payments', reason: 'is well again', by: BY },
    ],
  ])('%s is read', (line, operation) => {
    expect(parsed(line)).toEqual({ type: 'circuit', operation, target: AWS, json: false });
  });

  it('lists circuits', () => {
    const operation = { action: 'list-circuits' };
    expect(parsed('circuit list --json')).toEqual({ type: 'list-circuits', operation, target: AWS, json: true });
  });

  it('lists keys', () => {
    const operation = { action: 'list-keys', after: null };
    expect(parsed('keys list --json')).toEqual({ type: 'list-keys', operation, target: AWS, json: true });
  });

  it('may name the gateway, its region and the form of the answer', () => {
    expect(parsed('list --gateway shop --region eu-west-1 --json')).toMatchObject({
      target: { gateway: 'shop', region: 'eu-west-1' },
      json: true,
    });
  });

  it.each([
    ['show sub:a --local', 3010],
    ['show --local sub:a', 3010],
    ['show sub:a --local 3011', 3011],
    ['show --local 3011 sub:a', 3011],
    ['show sub:a --local=3011', 3011],
    ['--local show sub:a', 3010],
  ])('%s asks the gateway of this machine on port %i', (line, localPort) => {
    expect(parsed(line)).toMatchObject({ type: 'operate', target: { localPort } });
  });

  it('that replays a log has its limits', () => {
    expect(parsed('replay - --limit client=100/1m --limit ip=20/1s --top 3 --service users')).toMatchObject({
      type: 'replay',
      log: '-',
      limits: [{ text: 'client=100/1m' }, { text: 'ip=20/1s' }],
      top: 3,
      service: 'users',
    });
  });

  it.each(['--help', '-h', 'revoke --help'])('%s asks for help', (line) => {
    expect(parsed(line)).toEqual({ type: 'help' });
  });
});

describe.each([
  ['a token', `eyJhbGciOiJFUzI1NiJ9.${'A'.repeat(40)}.${'B'.repeat(86)}`],
  ['an API key', `tgk_4fzN9qXw2LbC_${'A'.repeat(49)}`],
])('%s', (_, credential) => {
  it.each([
    '$T',
    'revoke token: $T --reason x',
    'revoke sub:a extra $T',
    'revoke $T --reason x',
    'list $T',
    'limit sub:a client $T',
    'limit sub:a $T 5',
    'limit sub:a client 5 --rate $T',
    'revoke sub:a --reason x --for $T',
    'revoke sub:a --reason $T',
    'list --$T',
    'list --kind $T',
    'list --gateway $T',
    'list --region $T',
    'list --local=$T',
    'replay $T --limit client=1/s',
    'replay log --limit $T',
    'replay log --limit client=1/s --top $T',
    'show sub:a --help $T',
    'keys rotate $T',
    'keys $T',
    'keys create --owner $T',
    'circuit show $T',
    'circuit open payments --reason $T',
    'circuit $T',
  ])('is refused wherever it is pasted, and not repeated: %s', async (line) => {
    const told: string[] = [];
    const tell = (text: string) => void told.push(text);
    expect(await main(line.replace('$T', credential).split(' '), { out: tell, err: tell, width: 100 })).toBe(2);
    expect(told).toEqual([
      expect.stringMatching(
        /^error: an argument must not hold a token or an API key, got one: name a token by its jti .* a key by its id, key:<id>$/,
      ),
    ]);
    expect(told.join()).not.toContain('AAAA');
  });
});

describe('what is told of what was typed', () => {
  it.each([
    ['frob\u009b2J', 'got "frob\\u{9b}2J": see --help'],
    ['list \u202ereversed', 'got "\\u{202e}reversed": see --help'],
    ['list --\u009b2J', "unknown option '--\\u{9b}2J'"],
    ['list --kind \u009b2J', 'got "\\u{9b}2J"'],
    ['show sub\u2028alice', 'got "sub\\u{2028}alice"'],
    ['replay log --limit \u009b2J', 'got "\\u{9b}2J"'],
    ['replay /nowhere/\u009b2J --limit client=1/s', '/nowhere/\\u{9b}2J cannot be replayed'],
  ])('has nothing that a terminal would act on: %j', async (line, message) => {
    expect(await toldOf(line)).toContain(message);
    expect(await toldOf(line)).toMatch(/^(?:[^\p{C}\p{Z}]| )*$/u);
  });

  it.each(['frob', 'list ', 'list --', 'list --kind ', 'limit sub:a client ', 'revoke sub:a --reason x --for '])(
    'is cut: %s…',
    async (line) => {
      expect((await toldOf(`${line}${'x'.repeat(20_000)}`)).length).toBeLessThanOrEqual(1000);
    },
  );

  async function toldOf(line: string): Promise<string> {
    const told: string[] = [];
    const tell = (text: string) => void told.push(text);
    await main(line.split(' '), { out: tell, err: tell, width: 100 });
    return told.join('\n');
  }
});

describe('what is not understood', () => {
  it.each([
    [
      'frob',
      'a command must be one of revoke, restore, limit, list, show, keys create, keys list, keys rotate, circuit list, circuit show, circuit open, circuit close, circuit auto, verify, replay, got "frob": see --help',
    ],
    ['--json', 'a command must be one of'],
    ['constructor', 'a command must be one of'],
    ['keys', 'keys must be followed by one of create, list, rotate, got nothing: see --help'],
    ['keys drop', 'keys must be followed by one of create, list, rotate, got "drop": see --help'],
    ['keys create', 'the owner of a key must be a text of 1 to 256 characters, got "": write who is given it'],
    ['keys create billing', 'keys create takes no further word, got "billing": see --help'],
    [
      'keys create --owner a --for 3651d',
      '--for must be at most 3650 days, got "3651d": write 3650d or less, or leave it out for 365 days',
    ],
    ['keys create --owner a --scopes a,b', '--scopes must be words without commas, got "a,b": separate them by spaces'],
    ['keys create --owner a --roles a,_b', '--roles must be words without commas, got "a, b": separate them by spaces'],
    ['keys create --owner a --scopes=', '--scopes must not be empty, got "": write what it is, or leave it out'],
    ['keys create --owner a --roles _', '--roles must not be empty, got " "'],
    ['keys create --owner a --plan=', '--plan must not be empty'],
    ['keys create --owner a --tenant=', '--tenant must not be empty'],
    [
      'keys create --owner --local 3980',
      '--owner must have a value, got none: write it after the option, --owner VALUE',
    ],
    ['keys create --owner a --scope b', "unknown option '--scope': write --scopes, or see --help"],
    ['keys rotate 4fzN9qXw2LbC --ovrlp 1h', "unknown option '--ovrlp': see --help"],
    ['keys rotate 4fzN9qXw2LbC --overlp 1h', "unknown option '--overlp': write --overlap, or see --help"],
    [
      'keys revoke 4fzN9qXw2LbC',
      'keys must be followed by one of create, list, rotate, got "revoke": write revoke key:ID',
    ],
    ['keys delete 4fzN9qXw2LbC', 'got "delete": write revoke key:ID'],
    ['keys restore 4fzN9qXw2LbC', 'got "restore": write restore key:ID'],
    ['keys show 4fzN9qXw2LbC', 'got "show": write show key:ID, or keys list'],
    [
      'revoke bNkdaHa12AWa --reason x',
      'an id must be kind:name, got "bNkdaHa12AWa": write key:bNkdaHa12AWa for an API key, or sub:bNkdaHa12AWa for',
    ],
    ['show bNkdaHa12AWa', 'write key:bNkdaHa12AWa for an API key'],
    ['restore bNkdaHa12AWa', 'write key:bNkdaHa12AWa for an API key'],
    ['limit bNkdaHa12AWa client 5', 'write key:bNkdaHa12AWa for an API key'],
    ['keys create --owner a --overlap 1h', 'keys create does not take --overlap: see --help'],
    ['keys list 4fzN9qXw2LbC', 'keys list takes no further word, got "4fzN9qXw2LbC"'],
    ['keys rotate', 'keys rotate takes one ID, got nothing: see --help'],
    [
      'keys rotate k1',
      'the id of a key must be its 12 letters and digits after tgk_, got "k1": list the keys to find it',
    ],
    ['keys rotate 4fzN9qXw2LbC --overlap 31d', '--overlap must be at most 30 days, got "31d": write 30d or'],
    ['keys rotate 4fzN9qXw2LbC --overlap 00', '--overlap must be a whole number of seconds, minutes, hours or days'],
    ['revoke key:k1 --reason x', 'the id of a key must be its 12 letters and digits after tgk_, got "k1"'],
    ['circuit', 'circuit must be followed by one of list, show, open, close, auto, got nothing: see --help'],
    ['circuit toggle x', 'circuit must be followed by one of list, show, open, close, auto, got "toggle": see --help'],
    ['circuit opn users', 'auto, got "opn": write circuit open'],
    ['lst', 'replay, got "lst": write list'],
    ['circuit reset payments', 'got "reset": write circuit auto SERVICE'],
    ['circuit status', 'got "status": write circuit show SERVICE, or circuit list'],
    ['circuit list payments', 'circuit list takes no further word, got "payments": see --help'],
    ['circuit open payments users --reason x', 'circuit open takes one SERVICE, got "payments users": see --help'],
    ['circuit open payments', 'a circuit that is opened by hand must have a reason, got none: write it for whoever'],
    [
      'circuit open Payments --reason x',
      'the name of a service must be a lower-case letter and up to 30 lower-case letters, digits and hyphens, got "Payments": write payments',
    ],
    ['circuit open pay_ments --reason x', 'got "pay ments": write it as the stack has it'],
    [
      'circuit close payments --for 31d',
      '--for must be at most 30 days, got "31d": write 30d or less, or leave it out',
    ],
    ['circuit auto payments --for 1h', 'circuit auto does not take --for: see --help'],
    ['circuit show payments --reason x', 'circuit show does not take --reason: see --help'],
    ['circuit open payments --reason \u009b2J', 'got "\\u{9b}2J": write it in one line'],
    ['revoke', 'revoke takes one ID, got nothing: see --help'],
    ['revoke sub:a sub:b --reason x', 'revoke takes one ID, got "sub:a sub:b": see --help'],
    [
      'revoke alice --reason x',
      'an id must be kind:name with a kind of token, sub, tenant, key, ip, plan, got "alice"',
    ],
    ['revoke sub:alice', 'a revocation must have a reason, got none'],
    ['revoke plan:pro --reason x', 'only token, sub, tenant, key can be revoked, got "plan:pro"'],
    ['revoke sub:a --reason x --for 1y', '--for must be a whole number of seconds, minutes, hours or days, got "1y"'],
    ['revoke sub:a --reason x --for 0s', '--for must be at least 1s, got "0s": write one like 30s, 15m, 1h or 7d'],
    [
      'revoke sub:a --reason x --for 9999d',
      '--for must be at most 3650 days, got "9999d": write 3650d or less, or leave it out for no end',
    ],
    ['restore sub:a --for 1h', 'restore does not take --for: see --help'],
    ['limit sub:a client', 'limit takes ID NAME VALUE, got "sub:a client": see --help'],
    ['limit sub:a client --local 500', 'limit takes ID NAME VALUE, got "sub:a client"'],
    ['limit sub:a client many', 'a limit must be a whole number, or default, got "many": write one like 500'],
    ['limit sub:a client 0', 'a limit must be a whole number from 1 to 10000000, got 0'],
    ['limit sub:a Client 5', 'the name of a limit must be lower-case letters'],
    ['limit sub:a client 5 --rate fast', '--rate must be a number of units a second, got "fast"'],
    ['limit sub:a client default --for 1h', 'limit ID NAME default takes neither --rate nor --for'],
    ['limit token:t client 5', 'a token has no limits of its own'],
    ['list limitz', 'list takes revoked, limits or nothing, got "limitz": see --help'],
    ['list --kind user', 'operation.kind must be one of token, sub, tenant, key, ip, plan, got "user"'],
    ['list --local=x', '--local takes a port from 1 to 65535, got "x"'],
    ['list --wat', "unknown option '--wat': see --help"],
    ['list --reason', '--reason must have a value, got none: write it after the option, --reason VALUE'],
    ['list --json=1', "option '--json' does not take an argument: see --help"],
    ['replay log', 'replay must have at least one --limit, got none'],
    ['replay log --limit x', 'a limit must be BY=NUMBER/WINDOW'],
    ['replay log --limit client=1/s --top many', '--top must be a whole number, got "many"'],
    ['replay log --limit client=1/s --json', 'replay does not take --json: see --help'],
  ])('%s is told in one line', (line, message) => {
    expect(() => parsed(line)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }),
    );
    expect(() => parsed(line)).toThrow(/^[^\n]*$/);
  });
});
