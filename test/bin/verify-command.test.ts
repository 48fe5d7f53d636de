import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../bin/ops/command-line.ts';
import { verifyCommand } from '../../bin/ops/verify/verify-command.ts';

const ENV = { TOKEN: ' a-token\n', EMPTY: '' };

function parsed(line: string) {
  const read = readCommandLine(['verify', ...line.split(' ').filter((word) => word !== '')]);
  if (read === 'help') throw new TypeError('help was not asked for');
  return verifyCommand(read, ENV);
}

describe('verify', () => {
  it('takes the address of a gateway, and tries the service orders', () => {
    expect(parsed('--url https://abc.execute-api.eu-central-1.amazonaws.com/ --region eu-central-1')).toMatchObject({
      target: { gateway: 'Tollgate-dev-Gateway', region: 'eu-central-1', localPort: undefined },
      service: 'orders',
      path: '/api/orders/verify',
      otherPath: '/api/users/verify',
      token: undefined,
      stack: 'Tollgate-dev-Gateway',
      withCircuit: false,
      json: false,
    });
  });

  it('knows where npm start serves', () => {
    expect(parsed('--local').url.origin).toBe('http://127.0.0.1:3000');
    expect(parsed('--local 3020 --url http://localhost:8080')).toMatchObject({ target: { localPort: 3020 } });
  });

  it('takes another service, paths, a stack and a token', () => {
    const options =
      '--service payments --other-path /api/carts --token-env TOKEN --stack Shop-Gateway --with-circuit --json';
    expect(parsed(`--local ${options}`)).toMatchObject({
      service: 'payments',
      path: '/api/payments/verify',
      otherPath: '/api/carts',
      token: 'a-token',
      stack: 'Shop-Gateway',
      withCircuit: true,
      json: true,
    });
    expect(parsed('--local --path /pay/%7eme').path).toBe('/pay/%7eme');
  });

  it.each([
    ['', 'verify must have --url, the output of the stack that begins with GatewayUrl, or --local'],
    ['--local 3020', 'verify --local 3020 must have --url, the address that this npm start prints'],
    ['--url http://gateway.example.com', '--url must be https:// and a host without a path'],
    ['--url https://gateway.example.com/api', '--url must be https:// and a host without a path'],
    ['--url https://user:word@gateway.example.com', '--url must be https:// and a host without a path'],
    ['--url gateway.example.com', '--url must be https:// and a host without a path'],
    ['--local --service Orders', '--service must be the name of a service as the stack has it, got "Orders"'],
    ['--local --path api/orders', '--path must begin with a slash and be encoded as in a URL, got "api/orders"'],
    ['--local --other-path /a?b', '--other-path must begin with a slash'],
    ['--local --token-env MISSING', '--token-env must name a variable that holds a token, and "MISSING" is not set'],
    ['--local --token-env EMPTY', '--token-env must name a variable that holds a token, and "EMPTY" is not set'],
    ['--local --reason x', 'verify does not take --reason: see --help'],
  ])('%j is refused', (line, message) => {
    expect(() => parsed(line)).toThrow(message);
  });
});
