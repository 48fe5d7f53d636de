import type { GatewayModel } from '../assembly/model.ts';
import { createDashboardApi, DASHBOARD_PATH } from '../dashboard/dashboard-api.ts';
import type { Invoke } from '../functions/invocation.ts';
import type { Api } from '../http/api.ts';
import { createInvokeApi } from './invoke-api.ts';

/** The API on the operators' port: Lambda's Invoke for commands, and the dashboards for browsers. */
export function createOperatorApi(model: () => GatewayModel, invoke: Invoke, secret: string): Api {
  const operators = () => model().operators;
  const invokeApi = createInvokeApi({ functions: operators, invoke, secret });
  const dashboardApi = createDashboardApi({
    gateway: () => model().api.name,
    dashboards: () => model().dashboards,
    operators,
    invoke,
  });
  return (request) => (request.target.startsWith(DASHBOARD_PATH) ? dashboardApi(request) : invokeApi(request));
}
