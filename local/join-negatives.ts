/** `--expires-in -60`: parseArgs takes a value that begins with a dash only when it is joined to its option. */
export function joinNegatives(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => {
    if (arg === option && args[index + 1]?.startsWith('-')) return [];
    return args[index - 1] === option && arg.startsWith('-') ? [`${option}=${arg}`] : [arg];
  });
}
