"""Which operation makes a resource, and which properties go another way than under their own name."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from convert import (
    as_attribute,
    as_it_is,
    as_list,
    as_map,
    by_status,
    described_rule,
    each,
    ip_permissions,
    kms_tags,
    renamed,
    rule_with,
    stack_parameters,
    under,
)


@dataclass(frozen=True)
class Operation:
    """Where a property goes."""

    member: str
    """Empty: the operation's call alone says it."""
    name: str | None = None
    """None: the operation that makes the resource."""
    convert: Callable = as_it_is


@dataclass(frozen=True)
class Api:
    service: str
    operation: str
    generated: tuple = ()
    """Members that CloudFormation makes up where the template has none."""
    elsewhere: dict = field(default_factory=dict)


EC2_TAGS = {"Tags": Operation("Tags", "CreateTags")}
NAMED_TAGS = {"Tags": Operation("Tags", convert=as_map)}
IP_RULE = ("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "DestinationSecurityGroupId", "DestinationPrefixListId")
RULE = {
    **{name: Operation("IpPermissions", convert=rule_with(name)) for name in IP_RULE},
    "Description": Operation("IpPermissions", convert=described_rule),
}
QUEUE_ATTRIBUTES = (
    "DelaySeconds KmsDataKeyReusePeriodSeconds KmsMasterKeyId MaximumMessageSize MessageRetentionPeriod "
    "ReceiveMessageWaitTimeSeconds SqsManagedSseEnabled VisibilityTimeout"
).split()
TOPIC_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")


def attributes(names) -> dict:
    return {name: Operation("Attributes", convert=under(name)) for name in names}


API = {
    "AWS::ApiGatewayV2::Api": Api("apigatewayv2", "CreateApi"),
    "AWS::ApiGatewayV2::ApiMapping": Api("apigatewayv2", "CreateApiMapping"),
    "AWS::ApiGatewayV2::Authorizer": Api("apigatewayv2", "CreateAuthorizer"),
    "AWS::ApiGatewayV2::DomainName": Api("apigatewayv2", "CreateDomainName"),
    "AWS::ApiGatewayV2::Integration": Api(
        "apigatewayv2",
        "CreateIntegration",
        elsewhere={"ResponseParameters": Operation("ResponseParameters", convert=by_status)},
    ),
    "AWS::ApiGatewayV2::Route": Api("apigatewayv2", "CreateRoute"),
    "AWS::ApiGatewayV2::Stage": Api("apigatewayv2", "CreateStage"),
    "AWS::CloudFormation::Stack": Api(
        "cloudformation",
        "CreateStack",
        generated=("StackName",),
        elsewhere={"Parameters": Operation("Parameters", convert=stack_parameters)},
    ),
    "AWS::CloudWatch::Alarm": Api("cloudwatch", "PutMetricAlarm", generated=("AlarmName",)),
    "AWS::CloudWatch::Dashboard": Api("cloudwatch", "PutDashboard", generated=("DashboardName",)),
    "AWS::DynamoDB::Table": Api(
        "dynamodb",
        "CreateTable",
        generated=("TableName",),
        elsewhere={
            "PointInTimeRecoverySpecification": Operation(
                "PointInTimeRecoverySpecification", "UpdateContinuousBackups"
            ),
            "SSESpecification": Operation("SSESpecification", convert=renamed(SSEEnabled="Enabled")),
            "TimeToLiveSpecification": Operation("TimeToLiveSpecification", "UpdateTimeToLive"),
        },
    ),
    "AWS::EC2::EIP": Api("ec2", "AllocateAddress", elsewhere=EC2_TAGS),
    "AWS::EC2::EgressOnlyInternetGateway": Api("ec2", "CreateEgressOnlyInternetGateway", elsewhere=EC2_TAGS),
    "AWS::EC2::FlowLog": Api(
        "ec2", "CreateFlowLogs", elsewhere={**EC2_TAGS, "ResourceId": Operation("ResourceIds", convert=as_list)}
    ),
    "AWS::EC2::InternetGateway": Api("ec2", "CreateInternetGateway", elsewhere=EC2_TAGS),
    "AWS::EC2::NatGateway": Api("ec2", "CreateNatGateway", elsewhere=EC2_TAGS),
    "AWS::EC2::Route": Api("ec2", "CreateRoute"),
    "AWS::EC2::RouteTable": Api("ec2", "CreateRouteTable", elsewhere=EC2_TAGS),
    "AWS::EC2::SecurityGroup": Api(
        "ec2",
        "CreateSecurityGroup",
        generated=("GroupName",),
        elsewhere={
            **EC2_TAGS,
            "GroupDescription": Operation("Description"),
            "SecurityGroupEgress": Operation("IpPermissions", "AuthorizeSecurityGroupEgress", ip_permissions),
            "SecurityGroupIngress": Operation("IpPermissions", "AuthorizeSecurityGroupIngress", ip_permissions),
        },
    ),
    "AWS::EC2::SecurityGroupEgress": Api("ec2", "AuthorizeSecurityGroupEgress", elsewhere=RULE),
    "AWS::EC2::SecurityGroupIngress": Api("ec2", "AuthorizeSecurityGroupIngress", elsewhere=RULE),
    "AWS::EC2::Subnet": Api(
        "ec2",
        "CreateSubnet",
        elsewhere={
            **EC2_TAGS,
            "AssignIpv6AddressOnCreation": Operation(
                "AssignIpv6AddressOnCreation", "ModifySubnetAttribute", as_attribute
            ),
            "MapPublicIpOnLaunch": Operation("MapPublicIpOnLaunch", "ModifySubnetAttribute", as_attribute),
        },
    ),
    "AWS::EC2::SubnetRouteTableAssociation": Api("ec2", "AssociateRouteTable"),
    "AWS::EC2::VPC": Api(
        "ec2",
        "CreateVpc",
        elsewhere={
            **EC2_TAGS,
            "EnableDnsHostnames": Operation("EnableDnsHostnames", "ModifyVpcAttribute", as_attribute),
            "EnableDnsSupport": Operation("EnableDnsSupport", "ModifyVpcAttribute", as_attribute),
        },
    ),
    "AWS::EC2::VPCCidrBlock": Api("ec2", "AssociateVpcCidrBlock"),
    "AWS::EC2::VPCEndpoint": Api("ec2", "CreateVpcEndpoint", elsewhere=EC2_TAGS),
    "AWS::EC2::VPCGatewayAttachment": Api("ec2", "AttachInternetGateway"),
    "AWS::ElastiCache::ReplicationGroup": Api(
        "elasticache", "CreateReplicationGroup", generated=("ReplicationGroupId",)
    ),
    "AWS::ElastiCache::ServerlessCache": Api("elasticache", "CreateServerlessCache"),
    "AWS::ElastiCache::SubnetGroup": Api(
        "elasticache",
        "CreateCacheSubnetGroup",
        generated=("CacheSubnetGroupName",),
        elsewhere={"Description": Operation("CacheSubnetGroupDescription")},
    ),
    "AWS::ElastiCache::User": Api("elasticache", "CreateUser"),
    "AWS::ElastiCache::UserGroup": Api("elasticache", "CreateUserGroup"),
    "AWS::IAM::Policy": Api("iam", "PutRolePolicy", elsewhere={"Roles": Operation("RoleName", convert=each)}),
    "AWS::IAM::Role": Api(
        "iam",
        "CreateRole",
        generated=("RoleName",),
        elsewhere={"ManagedPolicyArns": Operation("PolicyArn", "AttachRolePolicy", each)},
    ),
    "AWS::KMS::Key": Api(
        "kms",
        "CreateKey",
        elsewhere={
            "EnableKeyRotation": Operation("", "EnableKeyRotation"),
            "KeyPolicy": Operation("Policy"),
            "PendingWindowInDays": Operation("PendingWindowInDays", "ScheduleKeyDeletion"),
            "Tags": Operation("Tags", convert=kms_tags),
        },
    ),
    "AWS::Lambda::EventInvokeConfig": Api("lambda", "PutFunctionEventInvokeConfig"),
    "AWS::Lambda::Function": Api(
        "lambda",
        "CreateFunction",
        generated=("FunctionName",),
        elsewhere={
            **NAMED_TAGS,
            "ReservedConcurrentExecutions": Operation("ReservedConcurrentExecutions", "PutFunctionConcurrency"),
        },
    ),
    "AWS::Lambda::Permission": Api("lambda", "AddPermission", generated=("StatementId",)),
    "AWS::Logs::LogGroup": Api(
        "logs",
        "CreateLogGroup",
        generated=("logGroupName",),
        elsewhere={**NAMED_TAGS, "RetentionInDays": Operation("retentionInDays", "PutRetentionPolicy")},
    ),
    "AWS::SNS::Subscription": Api("sns", "Subscribe"),
    "AWS::SNS::Topic": Api(
        "sns",
        "CreateTopic",
        generated=("Name",),
        elsewhere={"TopicName": Operation("Name"), **attributes(TOPIC_ATTRIBUTES)},
    ),
    "AWS::SNS::TopicPolicy": Api(
        "sns",
        "SetTopicAttributes",
        generated=("AttributeName",),
        elsewhere={
            "PolicyDocument": Operation("AttributeValue"),
            "Topics": Operation("TopicArn", convert=each),
        },
    ),
    "AWS::SQS::Queue": Api(
        "sqs",
        "CreateQueue",
        generated=("QueueName",),
        elsewhere={**NAMED_TAGS, **attributes(QUEUE_ATTRIBUTES)},
    ),
    "AWS::SQS::QueuePolicy": Api(
        "sqs",
        "SetQueueAttributes",
        generated=("Attributes",),
        elsewhere={
            "PolicyDocument": Operation("Attributes", convert=under("Policy")),
            "Queues": Operation("QueueUrl", convert=each),
        },
    ),
}

NO_API = {
    "AWS::CDK::Metadata": "CloudFormation keeps it, and makes nothing",
}
