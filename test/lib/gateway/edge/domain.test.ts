import { Fn } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { onlyResource, serviceProps, testGateway } from '../../support/stacks.ts';

const CERTIFICATE = 'arn:aws:acm:eu-central-1:123456789012:certificate/0123';

describe('a domain', () => {
  it("is served with TLS 1.2, and API Gateway's own endpoint is closed", () => {
    const test = testGateway({ domain: { name: 'api.example.com', certificate: CERTIFICATE } });
    test.gateway.addService('users', serviceProps());
    expect(test.gateway.url).toBe('https://api.example.com/');
    const template = test.template();
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true });
    const domain = onlyResource(template, 'AWS::ApiGatewayV2::DomainName');
    expect(domain).toMatchObject({
      DomainName: 'api.example.com',
      DomainNameConfigurations: [{ CertificateArn: CERTIFICATE, EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' }],
    });
    expect(domain).not.toHaveProperty('MutualTlsAuthentication');
    template.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', { Stage: '$default' });
    template.hasOutput('*', { Description: 'Point a CNAME or alias record of api.example.com here' });
  });

  it('asks clients for a certificate of a truststore', () => {
    const test = testGateway({
      domain: {
        name: 'api.example.com',
        certificate: CERTIFICATE,
        truststore: { bucket: 'trusted', key: 'clients.pem', version: 'v1' },
      },
    });
    test.template().hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      MutualTlsAuthentication: { TruststoreUri: 's3://trusted/clients.pem', TruststoreVersion: 'v1' },
    });
  });

  it('takes a bucket for the truststore, too', () => {
    const test = testGateway({ dashboard: false });
    const bucket = Bucket.fromBucketName(test.stack, 'Trusted', 'trusted');
    const other = testGateway({
      domain: { name: '*.example.com', certificate: CERTIFICATE, truststore: { bucket, key: 'clients.pem' } },
    });
    other.template().hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      MutualTlsAuthentication: { TruststoreUri: 's3://trusted/clients.pem' },
    });
  });

  it.each(['https://api.example.com', 'localhost', 'API.example.com', ''])('is not %j', (name) => {
    expect(() => testGateway({ domain: { name, certificate: CERTIFICATE } })).toThrow(
      `the name of a domain must be a host name in lower case, got ${JSON.stringify(name)}: `,
    );
  });

  const withBucket = (bucket: string) =>
    testGateway({
      domain: { name: 'api.example.com', certificate: CERTIFICATE, truststore: { bucket, key: 'clients.pem' } },
    });

  it.each(['', 'ab', 'My_Bucket', 's3://trusted', 'a..b', 'a.-b', '-ab', '192.168.0.1', 'a'.repeat(64)])(
    'has no truststore in a bucket named %j',
    (bucket) => {
      expect(() => withBucket(bucket)).toThrow(
        `gateway Edge/Gateway: the bucket of a truststore must be the name of a bucket, got ${JSON.stringify(bucket)}: `,
      );
    },
  );

  it('has a truststore in a bucket whose name is known at deployment only', () => {
    const bucket = Fn.importValue('TrustedBucket');
    withBucket(bucket)
      .template()
      .hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
        MutualTlsAuthentication: {
          TruststoreUri: { 'Fn::Join': ['', ['s3://', { 'Fn::ImportValue': 'TrustedBucket' }, '/clients.pem']] },
        },
      });
  });

  it('needs the ARN of a certificate', () => {
    expect(() => testGateway({ domain: { name: 'api.example.com', certificate: 'mine' } })).toThrow(
      'certificate must be the ARN of a certificate in ACM, got "mine": ',
    );
  });
});
