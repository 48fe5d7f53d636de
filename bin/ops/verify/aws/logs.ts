import { array, nullable, object, string, withDefault } from '../../../../lambdas/contract/decode.ts';
import type { AwsCall } from './aws-call.ts';

/** The most pages of one log group: a short run writes far less. */
const MAX_PAGES = 5;

export interface Logs {
  /** Names of log groups that contain this text. */
  groups(pattern: string): Promise<readonly string[]>;
  /** Lines since then; at most five pages of them. */
  lines(group: string, sinceMs: number, filter?: string): Promise<readonly string[]>;
}

const next = withDefault(nullable(string), null);
const groupPage = object({ logGroups: withDefault(array(object({ logGroupName: string })), []) });
const eventPage = object({ events: withDefault(array(object({ message: string })), []), nextToken: next });

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/ */
export function createLogs(call: AwsCall): Logs {
  return {
    groups: async (pattern) => {
      const { logGroups } = await call('DescribeLogGroups', { logGroupNamePattern: pattern, limit: 50 }, groupPage);
      return logGroups.map(({ logGroupName }) => logGroupName);
    },
    lines: async (group, sinceMs, filter) => {
      const lines: string[] = [];
      let nextToken: string | null = null;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const input: object = {
          logGroupName: group,
          startTime: sinceMs,
          ...(filter !== undefined && { filterPattern: filter }),
          ...(nextToken !== null && { nextToken }),
        };
        const answer: ReturnType<typeof eventPage> = await call('FilterLogEvents', input, eventPage);
        lines.push(...answer.events.map(({ message }) => message));
        nextToken = answer.nextToken;
        if (nextToken === null) break;
      }
      return lines;
    },
  };
}
