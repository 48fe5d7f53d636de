import { afterEach, describe, expect, it, vi } from 'vitest';
import { readDocument } from '../../../lambdas/adapters/read-document.ts';
import { DocumentError, placeholder } from '../../../lambdas/contract/documents.ts';
import { documentVariables } from '../../support/documents.ts';

const VARIABLE = 'TOLLGATE_VALUE_0a1b2c3d4e5f';

describe('a document', () => {
  it('is read from the folder of the code, with the values of variables in it', () => {
    const env = {
      ...documentVariables({ service: { upstream: placeholder(VARIABLE) } }),
      [VARIABLE]: 'http://"quoted"',
    };
    expect(JSON.parse(readDocument('service', env))).toEqual({ upstream: 'http://"quoted"' });
  });

  it('that is not there is an error that names the file', () => {
    const env = documentVariables({ service: {} });
    const read = () => readDocument('circuits', env);
    expect(read).toThrow(DocumentError);
    expect(read).toThrow(
      `the function's code must have its document beside it, got no ${env.LAMBDA_TASK_ROOT}/circuits.json: deploy the stack again`,
    );
  });

  it('whose value is in no variable is an error that names it', () => {
    const env = documentVariables({ service: { upstream: placeholder(VARIABLE) } });
    expect(() => readDocument('service', env)).toThrow(
      `service.json must find each of its values in the function's environment, got no ${VARIABLE}: deploy the stack again`,
    );
  });
});

describe('a function', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each<[string, object, string]>([
    ['is missing', {}, "the function's code must have its document beside it, got no "],
    ['does not decode', { circuits: { gateway: 'edge' } }, 'circuits.namespace must be a string, got undefined'],
  ])('does not start when its document %s', async (_, documents, message) => {
    for (const [name, value] of Object.entries(documentVariables(documents))) vi.stubEnv(name, value);
    vi.resetModules();
    await expect(import('../../../lambdas/alarm/handler.ts')).rejects.toThrow(message);
  });
});
