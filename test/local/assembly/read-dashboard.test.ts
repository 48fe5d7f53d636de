import { describe, expect, test } from 'vitest';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly.ts';
import type { GatewayModel } from '../../../local/assembly/model.ts';
import { readGateway } from '../../../local/assembly/read-gateway.ts';
import { type AssemblyFixture, writeAssembly } from '../support/assembly.ts';

const FUNCTION = { code: 'export const handler = async () => "<b>fine</b>";' };

function read(resources: NonNullable<AssemblyFixture['resources']>): GatewayModel {
  return readGateway(readCloudAssembly(writeAssembly({ functions: { Widget: FUNCTION, Other: FUNCTION }, resources })));
}

function dashboard(DashboardBody: unknown, DashboardName?: string) {
  const Properties = { DashboardBody, ...(DashboardName !== undefined && { DashboardName }) };
  return { Board: { Type: 'AWS::CloudWatch::Dashboard', Properties } };
}

/** A body as CDK writes it: JSON around the ARN, which only the deployment knows. */
function bodyAround(before: string, after: string) {
  return { 'Fn::Join': ['', [before, { 'Fn::GetAtt': ['Widget', 'Arn'] }, after]] };
}

describe('of a dashboard', () => {
  test('the custom widgets are read, with their functions', () => {
    const body = bodyAround(
      '{"widgets":[{"type":"metric","properties":{}},{"type":"custom","width":24,"height":9,"properties":{"title":"Circuits","endpoint":"',
      '","params":{"gateway":"shop"}}}]}',
    );
    const { dashboards, functions } = read(dashboard(body, 'shop'));
    expect(dashboards).toEqual([
      {
        name: 'shop',
        account: '123456789012',
        widgets: [
          {
            id: 'widget-2',
            endpoint: 'arn:aws:lambda:us-east-1:123456789012:function:Gateway-Widget',
            title: 'Circuits',
            params: { gateway: 'shop' },
            columns: 24,
            rows: 9,
          },
        ],
      },
    ]);
    expect([...functions.keys()]).toEqual(['Gateway-Widget']);
  });

  test('a widget that says nothing of itself has what CloudWatch gives it', () => {
    const body = bodyAround('{"widgets":[{"type":"custom","properties":{"endpoint":"', '"}}]}');
    expect(read(dashboard(body)).dashboards).toMatchObject([
      { name: 'Gateway-Board', widgets: [{ title: '', params: {}, columns: 6, rows: 6 }] },
    ]);
  });

  test('a function of another app is named, and is none of this one', () => {
    const endpoint = 'arn:aws:lambda:us-east-1:210987654321:function:elsewhere';
    const { dashboards, functions } = read(
      dashboard(JSON.stringify({ widgets: [{ type: 'custom', properties: { endpoint } }] })),
    );
    expect(dashboards[0]?.widgets).toMatchObject([{ endpoint }]);
    expect(functions.size).toBe(0);
  });

  test('nothing is read where it has no custom widgets', () => {
    expect(read(dashboard('{}')).dashboards).toMatchObject([{ widgets: [] }]);
    expect(read(dashboard('{"widgets":[{"type":"text"},"?",{"type":"custom"}]}')).dashboards).toMatchObject([
      { widgets: [] },
    ]);
  });

  test.each(['no JSON', '[]', '{"widgets":{}}'])('a body that CloudWatch would refuse is refused: %s', (body) => {
    expect(() => read(dashboard(body))).toThrow(/^Board in Gateway has (a DashboardBody|widgets) that /);
  });
});
