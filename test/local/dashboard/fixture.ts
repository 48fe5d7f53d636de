import type { AssemblyFixture } from '../support/assembly.ts';

export const ACCOUNT = '123456789012';
export const arnOf = (name: string) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;

const OK = 'export const handler = async () => ({ statusCode: 200, body: "fine" });';
/** Answers what it was asked; with `fail` it throws. */
const OPERATOR = `export const handler = async (event) => {
  if (event.fail) throw new RangeError('told to');
  return event.html ?? event;
};`;

/** A gateway whose dashboard has one custom widget, drawn by this code. */
export function fixture(widget: string, params: object = {}): AssemblyFixture {
  const properties = { title: 'Circuits & more', endpoint: arnOf('shop-widget'), params };
  const widgets = [{ type: 'custom', width: 24, height: 6, properties }];
  return {
    functions: {
      Ok: { code: OK, properties: { FunctionName: 'shop-ok' } },
      Widget: { code: widget, properties: { FunctionName: 'shop-widget' } },
      Operator: {
        code: OPERATOR,
        properties: { FunctionName: 'shop-operator' },
        documents: { operator: { gateway: 'shop' } },
      },
    },
    routes: { 'GET /there': { function: 'Ok' } },
    resources: {
      Board: {
        Type: 'AWS::CloudWatch::Dashboard',
        Properties: { DashboardName: 'shop', DashboardBody: JSON.stringify({ widgets }) },
      },
    },
  };
}
