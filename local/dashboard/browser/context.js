// The context of a dashboard that CloudWatch sends to a widget's function.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html

const RANGE_MS = 3 * 60 * 60 * 1000;

export function widgetContext({ dashboardName, widgetId, accountId, title, params }, content) {
  const nowMs = Date.now();
  return {
    dashboardName,
    widgetId,
    accountId,
    locale: navigator.language.slice(0, 2),
    timezone: timezone(-new Date().getTimezoneOffset()),
    period: 300,
    isAutoPeriod: true,
    timeRange: { mode: 'relative', start: nowMs - RANGE_MS, end: nowMs, relativeStart: RANGE_MS },
    theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
    linkCharts: true,
    title,
    forms: { all: formFields(content) },
    params,
    width: content.clientWidth,
    height: content.clientHeight,
  };
}

function timezone(offsetInMinutes) {
  const [hours, minutes] = [Math.floor(Math.abs(offsetInMinutes) / 60), Math.abs(offsetInMinutes) % 60];
  const digits = [hours, minutes].map((part) => String(part).padStart(2, '0')).join(':');
  return { label: 'Local', offsetISO: `${offsetInMinutes < 0 ? '-' : '+'}${digits}`, offsetInMinutes };
}

/** The named fields of all forms. */
function formFields(content) {
  const fields = [...content.querySelectorAll('input[name], select[name], textarea[name]')];
  const filled = fields.filter(({ type, checked }) => (type !== 'checkbox' && type !== 'radio') || checked);
  return Object.fromEntries(filled.map(({ name, value }) => [name, value]));
}
