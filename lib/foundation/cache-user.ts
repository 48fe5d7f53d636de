import { Names, RemovalPolicy } from 'aws-cdk-lib';
import { CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';
import { ACCESS_STRING } from './access-string.ts';
import type { CacheEngine } from './foundation.ts';

/** The only user of the cache. IAM decides which roles may connect as it. */
export class CacheUser extends Construct {
  readonly userId: string;
  readonly groupId: string;

  constructor(scope: Construct, id: string, engine: CacheEngine) {
    super(scope, id);
    this.userId = nameOf(this, 40);
    const user = new CfnUser(this, 'Resource', {
      engine,
      userId: this.userId,
      // With IAM the two must be the same.
      userName: this.userId,
      authenticationMode: { Type: 'iam' },
      accessString: ACCESS_STRING,
    });
    const group = new CfnUserGroup(this, 'Group', {
      engine,
      userGroupId: this.userId,
      userIds: [user.ref, ...(engine === 'redis' ? [this.nobody().ref] : [])],
    });
    this.groupId = group.ref;
    for (const resource of [user, group]) resource.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }

  /** As whom a client enters that does not say who it is: Redis OSS wants such a user in a group, Valkey has none. */
  private nobody(): CfnUser {
    const nobody = new CfnUser(this, 'Nobody', {
      engine: 'redis',
      userId: `${nameOf(this, 32)}-default`,
      userName: 'default',
      authenticationMode: { Type: 'no-password-required' },
      accessString: 'off -@all',
    });
    nobody.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return nobody;
  }
}

/** ElastiCache lower-cases ids, and takes no two hyphens in a row. */
function nameOf(scope: Construct, maxLength: number): string {
  return Names.uniqueResourceName(scope, { maxLength, separator: '-' }).toLowerCase().replace(/-+/g, '-');
}
