import type { DashboardModel, WidgetModel } from '../assembly/model.ts';

/** Where the files of the page are. */
export const ASSETS_PATH = '/dashboard/assets/';

export interface PageOptions {
  /** Title of the page: CloudFormation generates the names of dashboards. */
  readonly title: string;
  readonly dashboards: readonly DashboardModel[];
  readonly token: string;
}

/** The dashboards' custom widgets as empty frames, which the page's script fills. */
export function dashboardPage({ title, dashboards, token }: PageOptions): string {
  const shown = dashboards.filter(({ widgets }) => widgets.length > 0);
  return `<!doctype html>
<html lang="en" data-token="${escaped(token)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${ASSETS_PATH}dashboard.css">
<script type="module" src="${ASSETS_PATH}dashboard.js"></script>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${shown.map(dashboardSection).join('\n') || '<p>No dashboard of this app has a custom widget.</p>'}
</main>
<noscript><p>The widgets are shown by a script of this page.</p></noscript>
</body>
</html>
`;
}

function dashboardSection(dashboard: DashboardModel): string {
  return `<div class="grid">
${dashboard.widgets.map((widget) => widgetSection(widget, dashboard)).join('\n')}
</div>`;
}

function widgetSection(widget: WidgetModel, { name, account }: DashboardModel): string {
  const { id, endpoint, title, params, columns, rows } = widget;
  const facts = JSON.stringify({ dashboardName: name, accountId: account, widgetId: id, endpoint, title, params });
  return `<section class="widget" style="--columns: ${columns}; --rows: ${rows}" data-widget="${escaped(facts)}">
<header><h2>${escaped(title)}</h2><button type="button" class="refresh">Refresh</button></header>
<div class="content"></div>
</section>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
