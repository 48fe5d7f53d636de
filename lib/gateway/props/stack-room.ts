import { CfnResource, type Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidPropError } from '../../invalid-prop.ts';

/** CloudFormation's limit of resources in a stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const STACK_RESOURCES = 500;
/** The most resources of a stack and its nested stacks that one operation may change. */
const OPERATION_RESOURCES = 2500;

/** @throws InvalidPropError when CloudFormation would refuse a stack, or one of the services nested in it, as too large */
export function checkStackRoom(stack: Stack, services: readonly Stack[]): void {
  for (const service of services) {
    const resources = resourcesOf(service);
    if (resources <= STACK_RESOURCES) continue;
    throw new InvalidPropError(
      `service ${service.node.id} must be at most ${STACK_RESOURCES} resources, got ${resources}: it is a nested stack; move some of its routes to a service of their own, or replace several by one route with a path parameter`,
    );
  }
  const all = resourcesOf(outermost(stack));
  if (all <= OPERATION_RESOURCES) return;
  throw new InvalidPropError(
    `a stack and those nested in it must be at most ${OPERATION_RESOURCES} resources, got ${all}: CloudFormation changes no more at once; split the services over gateways in stacks of their own`,
  );
}

function resourcesOf(scope: IConstruct): number {
  return scope.node.findAll().filter((construct) => CfnResource.isCfnResource(construct)).length;
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack;
}
