import { CfnOutput, Token } from 'aws-cdk-lib';
import { DomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { about, InvalidPropError } from '../../invalid-prop.ts';
import { checkProps, isObject, type Kind, optional, type PropKinds, required, text } from '../props/check-props.ts';

/** Certificates of the authorities whose clients the domain accepts, a PEM file in S3. */
export interface Truststore {
  /** The bucket, or its name. */
  readonly bucket: IBucket | string;
  readonly key: string;
  /**
   * Version of the object in a versioned bucket. API Gateway reads the file at deployment only: change this value to use a
   * new version.
   *
   * @default - the newest at the first deployment
   */
  readonly version?: string;
}

export interface DomainProps {
  /** `api.example.com` */
  readonly name: string;
  /** Certificate for the name in the gateway's region, or its ARN. */
  readonly certificate: ICertificate | string;
  /**
   * Asks each client for a certificate (mutual TLS).
   *
   * @default - clients need none
   */
  readonly truststore?: Truststore;
}

function textOr(what: string, fix: string): Kind {
  return { is: (value) => typeof value === 'string' || isObject(value), rule: `a string or ${what}`, fix };
}

const PROPS = {
  name: required(text('api.example.com')),
  certificate: required(textOr('a certificate', 'it looks like arn:aws:acm:REGION:ACCOUNT:certificate/ID')),
  truststore: optional({ is: isObject, rule: 'an object', fix: 'write { bucket, key }' }),
} satisfies PropKinds<DomainProps>;

const TRUSTSTORE = {
  bucket: required(textOr('a bucket', 'give the name of a bucket')),
  key: required(text('clients.pem')),
  version: optional(text('3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY')),
} satisfies PropKinds<Truststore>;

const HOST_NAME = /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const CERTIFICATE_ARN = /^arn:[^:]+:acm:[^:]+:[^:]+:certificate\/.+$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME =
  /^(?=.{3,63}$)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** The gateway's own host name, with TLS 1.2. */
export class GatewayDomain extends Construct {
  readonly domainName: DomainName;

  constructor(scope: Construct, id: string, props: DomainProps) {
    super(scope, id);
    about('domain', () => {
      checkProps(props, PROPS);
      if (props.truststore) about('truststore', () => checkProps(props.truststore as Truststore, TRUSTSTORE));
    });
    if (!HOST_NAME.test(props.name)) {
      throw new InvalidPropError(
        `the name of a domain must be a host name in lower case, got ${JSON.stringify(props.name)}: write one like 'api.example.com'`,
      );
    }
    this.domainName = new DomainName(this, 'Name', {
      domainName: props.name,
      certificate: this.certificate(props.certificate),
      securityPolicy: SecurityPolicy.TLS_1_2,
      ...(props.truststore && { mtls: this.mtls(props.truststore) }),
    });
    new CfnOutput(this, 'Target', {
      value: this.domainName.regionalDomainName,
      description: `Point a CNAME or alias record of ${props.name} here`,
    });
    new CfnOutput(this, 'TargetZone', {
      value: this.domainName.regionalHostedZoneId,
      description: 'Hosted zone of the target, for an alias record',
    });
  }

  private certificate(certificate: ICertificate | string): ICertificate {
    if (typeof certificate !== 'string') return certificate;
    if (!CERTIFICATE_ARN.test(certificate)) {
      throw new InvalidPropError(
        `certificate must be the ARN of a certificate in ACM, got ${JSON.stringify(certificate)}: it looks like arn:aws:acm:REGION:ACCOUNT:certificate/ID`,
      );
    }
    return Certificate.fromCertificateArn(this, 'Certificate', certificate);
  }

  private mtls({ bucket, key, version }: Truststore) {
    return {
      bucket: typeof bucket === 'string' ? this.bucket(bucket) : bucket,
      key,
      ...(version !== undefined && { version }),
    };
  }

  private bucket(name: string): IBucket {
    if (!Token.isUnresolved(name) && !BUCKET_NAME.test(name)) {
      throw new InvalidPropError(
        `the bucket of a truststore must be the name of a bucket, got ${JSON.stringify(name)}: 3 to 63 lower-case letters, digits, hyphens and dots, without s3:// in front or a key behind`,
      );
    }
    return Bucket.fromBucketName(this, 'Truststore', name);
  }
}
