import { InvalidPropError } from '../lib/invalid-prop.ts';
import { placeOf } from './place.ts';

// Of the constructs' own calls there are more than the ten that are kept by default.
Error.stackTraceLimit = 50;

try {
  // Not a static import: what the stack's files say wrong while they are loaded is told like all else.
  const { createApp } = await import('../lib/app.ts');
  createApp().synth();
} catch (error) {
  if (!(error instanceof InvalidPropError)) throw error;
  // The message says what to change; a stack would bury it, but for the line that was written.
  const place = placeOf(error);
  process.stderr.write(`${error.message}${place === undefined ? '' : ` (${place})`}\n`);
  process.exitCode = 1;
}
