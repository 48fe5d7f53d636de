import type { Found } from './find-resources.ts';
import type { DashboardModel, WidgetModel } from './model.ts';

/**
 * The custom widgets of a dashboard. Other widgets need data that only CloudWatch has.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function readDashboard({ properties, ref, place }: Found): DashboardModel {
  const widgets = bodyOf(properties).flatMap((widget, index) => readWidget(widget, `widget-${index + 1}`) ?? []);
  return { name: ref, account: place.stack.account, widgets };
}

type Fields = Readonly<Record<string, unknown>>;

function bodyOf(properties: Found['properties']): readonly Fields[] {
  const body = parse(properties.text('DashboardBody'));
  if (body === undefined) throw properties.fault('has a DashboardBody that is no JSON object');
  const { widgets = [] } = body;
  if (!Array.isArray(widgets)) throw properties.fault('has widgets that are no list');
  return widgets.filter(isObject);
}

function readWidget({ type, properties, width, height }: Fields, id: string): WidgetModel | undefined {
  if (type !== 'custom' || !isObject(properties)) return undefined;
  const { endpoint, title, params } = properties;
  return {
    id,
    endpoint: String(endpoint),
    title: typeof title === 'string' ? title : '',
    params: isObject(params) ? params : {},
    // CloudWatch's default size of a widget.
    columns: typeof width === 'number' ? width : 6,
    rows: typeof height === 'number' ? height : 6,
  };
}

function parse(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
