import { CfnResource, type Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Of CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const STACK_RESOURCES = 500;
/** That one operation may create, change or delete in a stack and those nested in it. The first deployment creates all. */
const OPERATION_RESOURCES = 2500;

/** What CloudFormation would refuse of a stack with services nested in it, with the way on. Asked at synthesis. */
export function lackOfRoom(stack: Stack, services: readonly Stack[]): string[] {
  const tooLarge = services
    .map((service) => ({ name: service.node.id, resources: resourcesOf(service) }))
    .filter(({ resources }) => resources > STACK_RESOURCES)
    .map(
      ({ name, resources }) =>
        `service ${name}: a service must be at most ${STACK_RESOURCES} resources, got ${resources}: it is a nested stack; move some of its routes to a service of their own, or let one route with a path parameter stand for several`,
    );
  const all = resourcesOf(outermost(stack));
  if (all <= OPERATION_RESOURCES) return tooLarge;
  return [
    ...tooLarge,
    `a stack and those nested in it must be at most ${OPERATION_RESOURCES} resources, got ${all}: CloudFormation changes no more at once; split the services over gateways in stacks of their own`,
  ];
}

function resourcesOf(scope: IConstruct): number {
  return scope.node.findAll().filter((construct) => CfnResource.isCfnResource(construct)).length;
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack;
}
