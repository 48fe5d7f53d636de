import { vi } from 'vitest';

/** Collects the JSON lines that the functions write to standard output, instead of printing them. */
export function captureLines(): { readonly lines: Record<string, unknown>[]; readonly restore: () => void } {
  const lines: Record<string, unknown>[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    const text = String(chunk);
    if (text.startsWith('{')) lines.push(JSON.parse(text));
    return true;
  });
  return { lines, restore: () => spy.mockRestore() };
}
