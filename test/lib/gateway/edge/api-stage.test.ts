import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { onlyResource, testGateway } from '../../support/stacks.ts';

describe('the stage', () => {
  it('logs requests where the account needs no policy for it, under a name that each deployment has for itself', () => {
    const template = testGateway({ name: 'edge' }).template();
    const name = onlyResource(template, 'AWS::Logs::LogGroup', { LogGroupName: Match.anyValue() })['LogGroupName'];
    const stackId = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };
    expect(name).toEqual({ 'Fn::Join': ['', ['/aws/vendedlogs/tollgate/edge/', stackId]] });
  });

  it('has metrics by route where they are asked for, and they cost nobody anything else', () => {
    for (const routeMetrics of [undefined, false, true]) {
      const template = testGateway(routeMetrics === undefined ? {} : { routeMetrics }).template();
      const { DefaultRouteSettings } = onlyResource(template, 'AWS::ApiGatewayV2::Stage');
      expect(DefaultRouteSettings).toMatchObject({ DetailedMetricsEnabled: routeMetrics ?? false });
    }
  });
});
