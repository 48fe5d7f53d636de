import { Lazy, Token } from 'aws-cdk-lib';

/**
 * The same text, with each value of another resource written once, as a variable of `Fn::Sub`. The CDK's `Fn::Join` repeats
 * a value at each use, and the template of 149 services would be larger than 1 MB.
 */
export function writtenOnce(text: string): string {
  return Token.asString(Lazy.uncachedAny({ produce: (context) => substituted(context.resolve(text)) }));
}

function substituted(resolved: unknown): unknown {
  const [separator, parts] = (resolved as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? [];
  if (separator !== '' || parts === undefined) return resolved;
  const names = new Map<string, string>();
  const variables: Record<string, unknown> = {};
  const nameOf = (value: unknown): string => {
    const key = JSON.stringify(value);
    const name = names.get(key) ?? `v${names.size}`;
    names.set(key, name);
    variables[name] = value;
    return name;
  };
  const text = parts.map((part) => (typeof part === 'string' ? part.replaceAll('${', '${!') : `\${${nameOf(part)}}`));
  return { 'Fn::Sub': [text.join(''), variables] };
}
