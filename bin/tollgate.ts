import { InvalidPropError } from '../lib/invalid-prop.ts';
import { placeOf } from './place.ts';

// The default of ten frames does not reach beyond the constructs' own calls.
Error.stackTraceLimit = 50;

try {
  // A dynamic import, so that errors while the stack's files load are reported in the same way.
  const { createApp } = await import('../lib/app.ts');
  createApp().synth();
} catch (error) {
  if (!(error instanceof InvalidPropError)) throw error;
  // The message says what to change. A stack trace would bury it: only the user's line is shown.
  const place = placeOf(error);
  process.stderr.write(`${error.message}${place === undefined ? '' : ` (${place})`}\n`);
  process.exitCode = 1;
}
