import { quote } from '../../../lambdas/contract/limits/rule-id.ts';
import { SERVICE_NAME } from '../../../lambdas/contract/operations/operation-fields.ts';
import type { CommandLine } from '../command-line.ts';
import { UsageError } from '../errors.ts';
import { type Target, targetOf } from '../operator-command.ts';
import { DEFAULT_LOCAL_PORT } from '../usage.ts';

/** Default address of `npm start`. */
const LOCAL_URL = 'http://127.0.0.1:3000';
const DEFAULT_SERVICE = 'orders';
const DEFAULT_OTHER_PATH = '/api/users/verify';

/** Which gateway to verify, and which of its services to send requests to. */
export interface VerifyCommand {
  readonly type: 'verify';
  readonly target: Target;
  readonly url: URL;
  readonly service: string;
  /** Path of a request to the service. */
  readonly path: string;
  /** Path of a request to a service that takes no API keys. */
  readonly otherPath: string;
  /** A token that replaces the API keys of the command. */
  readonly token: string | undefined;
  /** Prefix of the names of the gateway's log groups. */
  readonly stack: string;
  /** Whether the circuit of the service may be opened for a moment. */
  readonly withCircuit: boolean;
  readonly json: boolean;
}

/** @throws UsageError in one line */
export function verifyCommand({ values }: CommandLine, env: NodeJS.ProcessEnv = process.env): VerifyCommand {
  const target = targetOf(values);
  const service = values.service ?? DEFAULT_SERVICE;
  if (!SERVICE_NAME.test(service)) {
    throw new UsageError(`--service must be the name of a service as the stack has it, got ${quote(service)}`);
  }
  return {
    type: 'verify',
    target,
    url: urlOf(values.url, target),
    service,
    path: pathOf('--path', values.path ?? `/api/${service}/verify`),
    otherPath: pathOf('--other-path', values['other-path'] ?? DEFAULT_OTHER_PATH),
    token: tokenOf(values['token-env'], env),
    stack: values.stack ?? target.gateway,
    withCircuit: values['with-circuit'] ?? false,
    json: values.json ?? false,
  };
}

function urlOf(text: string | undefined, { localPort }: Target): URL {
  const given = text ?? (localPort === DEFAULT_LOCAL_PORT ? LOCAL_URL : undefined);
  if (given === undefined) {
    throw new UsageError(
      localPort === undefined
        ? 'verify must have --url, the output of the stack that begins with GatewayUrl, or --local'
        : `verify --local ${localPort} must have --url, the address that this npm start prints: another gateway may be on port 3000`,
    );
  }
  const url = URL.canParse(given) ? new URL(given) : undefined;
  // The command sends a credential to this address.
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isThisMachine(url.hostname));
  const isHostAlone = url?.pathname === '/' && url.search === '' && url.username === '' && url.password === '';
  if (url !== undefined && isSafe && isHostAlone) return url;
  throw new UsageError(
    `--url must be https:// and a host without a path, http:// on this machine only, got ${quote(given)}: copy the output of the stack that begins with GatewayUrl`,
  );
}

function isThisMachine(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost';
}

/** Refuses a path that Node's client would refuse later, with a message that names the fix. */
function pathOf(option: string, path: string): string {
  if (/^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/.test(path)) return path;
  throw new UsageError(`${option} must begin with a slash and be encoded as in a URL, got ${quote(path)}`);
}

/** A token in an argument would stay in the shell's history. */
function tokenOf(name: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (name === undefined) return undefined;
  const token = env[name]?.trim();
  if (token) return token;
  throw new UsageError(`--token-env must name a variable that holds a token, and ${quote(name)} is not set or empty`);
}
