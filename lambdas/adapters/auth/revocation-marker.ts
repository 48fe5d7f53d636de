import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { REVOCATION_MARK_SORT_KEY, revocationsPartition, TABLE } from '../../contract/table.ts';

/** Tells the authorizer's instances, through the table, that something which they remember may be good no longer. */
export class RevocationMarker {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #gateway: string;

  constructor(client: DynamoDBClient, table: string, gateway: string) {
    this.#client = client;
    this.#table = table;
    this.#gateway = gateway;
  }

  /** @throws whatever the SDK throws when the table cannot be written */
  async mark(nowMs: number): Promise<void> {
    try {
      await this.#set('SET #version = :now', '#version < :now OR attribute_not_exists(#version)', nowMs);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // Whatever the clock says, the version has to change.
      await this.#set('SET #version = #version + :now', 'attribute_exists(#version)', 1);
    }
  }

  async #set(update: string, condition: string, value: number): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: {
          [TABLE.partitionKey]: { S: revocationsPartition(this.#gateway) },
          [TABLE.sortKey]: { S: REVOCATION_MARK_SORT_KEY },
        },
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':now': { N: String(value) } },
      }),
    );
  }
}
