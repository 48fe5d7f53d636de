import { parseArgs } from 'node:util';
import { joinNegatives } from './join-negatives.ts';
import type { OperatorPort } from './operator/serve-operator.ts';
import { systemCode, UserError } from './user-error.ts';

export interface CliOptions {
  readonly port: number;
  readonly operatorPort: OperatorPort;
  /** Further names that `Host` may have, in lower case. */
  readonly hosts: readonly string[];
  readonly upstreams: Readonly<Record<string, string>>;
  /** Undefined: the app is synthesized. */
  readonly assemblyDir: string | undefined;
  /** Context for the app, as with `cdk synth -c`. */
  readonly context: Readonly<Record<string, string>>;
  readonly verbose: boolean;
}

export const CLI_USAGE = `usage: npm start -- [options]
  --port NUMBER          port on 127.0.0.1 (3000)
  --operator-port NUMBER port for npx tsx bin/ops.ts --local and the dashboard (3010, or a free one)
  --host NAME            a further name by which clients reach the gateway; may be repeated
  --upstream NAME=URL    sends a service's requests to a server of yours; may be repeated
  --assembly DIR         serves this cloud assembly instead of synthesizing the app
  --context KEY=VALUE    context of the app, as with cdk synth -c: --context env=prod
  --verbose              shows every line of the functions as it is
REDIS_URL in the environment names a Redis to use instead of starting one.`;

/** @returns undefined for --help */
export function parseCliOptions(args: readonly string[]): CliOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    port: parsePort('--port', values.port),
    operatorPort:
      values['operator-port'] === undefined ? 'usual' : parsePort('--operator-port', values['operator-port']),
    hosts: values.host.map(parseHost),
    upstreams: parseUpstreams(values.upstream),
    assemblyDir: values.assembly,
    context: Object.fromEntries(values.context.map(parseContext)),
    verbose: values.verbose,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: joinNegatives(joinNegatives(args, '--port'), '--operator-port'),
      options: {
        port: { type: 'string', default: '3000' },
        'operator-port': { type: 'string' },
        host: { type: 'string', multiple: true, default: [] },
        upstream: { type: 'string', multiple: true, default: [] },
        assembly: { type: 'string' },
        context: { type: 'string', short: 'c', multiple: true, default: [] },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UserError('usage', explain(cause as Error), { cause });
  }
}

/** npm consumes options before `--` and passes on only their values. */
function explain(error: Error): string {
  const [line = ''] = error.message.split('\n');
  if (systemCode(error) !== 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return line;
  const [, argument = ''] = /^Unexpected argument '(.*?)'\./.exec(line) ?? [];
  const example = /^\d+$/.test(argument) ? argument : '8088';
  return `Unexpected argument '${argument}': options go after \`--\`: npm start -- --port ${example}`;
}

function parsePort(option: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UserError('usage', `${option} must be a number from 0 to 65535, got ${JSON.stringify(text)}`);
}

function parseHost(text: string): string {
  if (/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(text)) return text.toLowerCase();
  throw new UserError('usage', `--host must be a name without a port, like api.test, got ${JSON.stringify(text)}`);
}

function parseUpstreams(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map(parseUpstream));
}

function parseUpstream(text: string): readonly [string, string] {
  const [, service, url] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (service === undefined || url === undefined) {
    throw new UserError('usage', `--upstream must look like users=http://localhost:4000, got ${JSON.stringify(text)}`);
  }
  return [service, upstreamUrl(service, url)];
}

function parseContext(text: string): readonly [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new UserError('usage', `--context must look like env=prod, got ${JSON.stringify(text)}`);
}

/** In the contract's form: no trailing slash, query or fragment. */
function upstreamUrl(service: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash || url.username) {
    throw new UserError(
      'usage',
      `--upstream ${service} must be an http or https address without a query, got ${JSON.stringify(text)}`,
    );
  }
  return url.href.replace(/\/$/, '');
}
