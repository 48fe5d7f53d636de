import type { CloudAssembly } from './cloud-assembly.ts';
import { type Found, findResources } from './find-resources.ts';
import type { GatewayModel } from './model.ts';
import { functionNameIn } from './physical.ts';
import { readAlarm } from './read-alarm.ts';
import { readApi } from './read-api.ts';
import { readDashboard } from './read-dashboard.ts';
import { readFunction } from './read-function.ts';
import { readTable } from './read-table.ts';
import { treatmentOf } from './resource-types.ts';

/** @throws UserError naming the resource that the local run cannot serve as AWS would */
export function readGateway(assembly: CloudAssembly): GatewayModel {
  const resources = findResources(assembly);
  const ofType = (...types: string[]) => resources.filter(({ type }) => types.includes(type));
  const functions = ofType('AWS::Lambda::Function');
  const api = readApi(resources);
  const alarms = ofType('AWS::CloudWatch::Alarm').map(readAlarm);
  const dashboards = ofType('AWS::CloudWatch::Dashboard').map(readDashboard);
  const operators = functions.filter(({ isOperator }) => isOperator).map(({ ref }) => ref);
  const used = new Set([
    ...functionsOfRoutes(api.routes),
    ...alarms.flatMap(({ functionsNamed }) => functionsNamed),
    ...operators,
    ...functionsOfWidgets(dashboards),
  ]);
  return {
    api,
    // No request, alarm, operator or dashboard reaches the others, such as a custom resource's: they need not run here.
    functions: new Map(functions.filter(({ ref }) => used.has(ref)).map((found) => [found.ref, readFunction(found)])),
    operators,
    tables: ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(readTable),
    alarms: alarms.map(({ alarm }) => alarm),
    dashboards,
    ignored: ignoredTypes(resources),
  };
}

function functionsOfRoutes(routes: GatewayModel['api']['routes']): readonly string[] {
  return routes.flatMap((route) => [route.functionName, ...(route.authorizer ? [route.authorizer.functionName] : [])]);
}

function functionsOfWidgets(dashboards: GatewayModel['dashboards']): readonly string[] {
  return dashboards.flatMap(({ widgets }) => widgets.flatMap(({ endpoint }) => functionNameIn(endpoint) ?? []));
}

function ignoredTypes(resources: readonly Found[]): ReadonlyMap<string, string> {
  const ignored = new Map<string, string>();
  for (const { type } of resources) {
    const treatment = treatmentOf(type);
    if (treatment?.kind === 'ignored') ignored.set(treatment.name, treatment.why);
  }
  return ignored;
}
