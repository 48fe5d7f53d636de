import { afterEach, describe, expect, it, vi } from 'vitest';
import { readDocument } from '../../../lambdas/adapters/read-document.ts';
import { circuitsConfig } from '../../../lambdas/contract/circuit/circuits-config.ts';
import {
  DOCUMENT_VERSION,
  DocumentError,
  type DocumentName,
  placeholder,
} from '../../../lambdas/contract/documents.ts';
import { servicePolicy as schema } from '../../../lambdas/contract/policy.ts';
import { documentVariables } from '../../support/documents.ts';
import { servicePolicy } from '../../support/policy.ts';

const VARIABLE = 'TOLLGATE_VALUE_0a1b2c3d4e5f';
const OF_DEPLOYMENT = servicePolicy({ upstream: placeholder(VARIABLE) });

describe('a document', () => {
  it('is read from the folder of the code, with the values of variables in it', () => {
    const env = { ...documentVariables({ service: OF_DEPLOYMENT }), [VARIABLE]: 'http://"quoted"' };
    expect(readDocument('service', schema, env)).toEqual(servicePolicy({ upstream: 'http://"quoted"' }));
  });

  it('that is not there is an error that names the file', () => {
    const env = documentVariables({ service: servicePolicy() });
    const read = () => readDocument('circuits', circuitsConfig, env);
    expect(read).toThrow(DocumentError);
    expect(read).toThrow(
      `the function's code must have its document beside it, got no ${env.LAMBDA_TASK_ROOT}/circuits.json: deploy the stack again`,
    );
  });

  it('whose value is in no variable is an error that names it', () => {
    const env = documentVariables({ service: OF_DEPLOYMENT });
    expect(() => readDocument('service', schema, env)).toThrow(
      `service.json must find each of its values in the function's environment, got no ${VARIABLE}: deploy the stack again`,
    );
  });
});

const FUNCTIONS: readonly (readonly [string, DocumentName, string])[] = [
  ['proxy', 'service', 'gateway'],
  ['authorizer', 'authorizer', 'gateway'],
  ['alarm', 'circuits', 'gateway'],
  ['widget', 'circuits', 'gateway'],
  ['operator', 'operator', 'gateway'],
];

describe.each(FUNCTIONS)('the %s function', (entry, name, field) => {
  afterEach(() => vi.unstubAllEnvs());

  const OTHER = DOCUMENT_VERSION + 1;
  it.each<[string, object, string]>([
    ['is missing', {}, "the function's code must have its document beside it, got no "],
    ['is damaged', { [name]: {} }, `${name}.${field} must be a string, got undefined`],
    [
      'has another version',
      { [name]: { version: OTHER } },
      `${name}.version must be ${DOCUMENT_VERSION}, as the function's code is, got ${OTHER}`,
    ],
  ])('does not start when its document %s, and says so in one line', async (_, documents, message) => {
    for (const [variable, value] of Object.entries(documentVariables(documents))) vi.stubEnv(variable, value);
    vi.resetModules();
    const started = import(`../../../lambdas/${entry}/handler.ts`);
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.toThrow(/^.+$/);
  });
});
