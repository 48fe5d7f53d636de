import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { DOCUMENT_VERSION, type DocumentName, documentFile } from '../../lambdas/contract/documents.ts';
import type { FunctionDocuments } from '../../local/assembly/model.ts';
import { type ServedGateway, serve } from './support/gateway.ts';

type Damage = (documents: FunctionDocuments, replace: (name: DocumentName, document: object | null) => void) => void;
let damage: Damage;

// The local run reads documents as well, and does not start with a damaged one. This damages them for the functions alone.
vi.mock(import('../../local/functions/task-roots.ts'), async (original) => {
  const module = await original();
  class DamagedRoots extends module.TaskRoots {
    override of(documents: FunctionDocuments): string {
      const dir = super.of(documents);
      damage(documents, (name, document) => {
        const path = join(dir, documentFile(name));
        if (document === null) rmSync(path);
        else writeFileSync(path, JSON.stringify(document));
      });
      return dir;
    }
  }
  return { ...module, TaskRoots: DamagedRoots };
});

let gateway: ServedGateway;
afterEach(() => gateway.close());

/** What functions wrote that did not start. */
function errors(label: string): readonly string[] {
  return gateway.events.flatMap((event) => (event.kind === 'line' && event.label === label ? [event.line] : []));
}

const OTHER = DOCUMENT_VERSION + 1;
const FAILED = [500, { message: 'Internal Server Error' }];

test('a proxy function whose document is missing, of another version or damaged answers 500; the others go on', async () => {
  damage = ({ service }, replace) => {
    if (service === undefined) return;
    const document = JSON.parse(service);
    const { auth: _, ...unguarded } = document.default;
    if (document.service === 'users') replace('service', null);
    if (document.service === 'orders') replace('service', { ...document, version: OTHER });
    if (document.service === 'payments') replace('service', { ...document, default: unguarded });
  };
  gateway = await serve();
  const token = await gateway.token('alice');
  for (const [service, why] of [
    ['users', 'service.json: deploy the stack again'],
    ['orders', `service.version must be ${DOCUMENT_VERSION}, as the function's code is, got ${OTHER}`],
    ['payments', 'service.default.auth must be an object, got undefined'],
  ] as const) {
    const { status, json } = await gateway.send(`/api/${service}/1`, { token });
    expect([status, json()]).toEqual(FAILED);
    expect(errors(service)).toContainEqual(expect.stringContaining(why));
  }
  expect((await gateway.send('/api/products/1')).status).toBe(200);
});

test('an authorizer whose document lost a policy lets nobody in', async () => {
  damage = ({ authorizer }, replace) => {
    if (authorizer === undefined) return;
    const { policies: _, ...rest } = JSON.parse(authorizer);
    replace('authorizer', rest);
  };
  gateway = await serve();
  const { status, json } = await gateway.send('/api/users/1', { token: await gateway.token('alice') });
  expect([status, json()]).toEqual(FAILED);
  expect(errors('authorizer')).toContainEqual(
    expect.stringContaining('authorizer.policies must be an array, got undefined'),
  );
  expect(gateway.requestLines()).toEqual([]);
});
