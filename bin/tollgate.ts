import { createApp } from '../lib/app.ts';
import { InvalidPropError } from '../lib/invalid-prop.ts';

try {
  createApp().synth();
} catch (error) {
  if (!(error instanceof InvalidPropError)) throw error;
  // The message says what to change and where; a stack would bury it.
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
