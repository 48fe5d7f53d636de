import { CfnOutput, Fn, Lazy, Stack } from 'aws-cdk-lib';

/**
 * A value of a stack that may change while others use it. They read it from an output whose name stays, whenever they
 * are deployed. CloudFormation refuses to change or remove an export that another stack imports.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
 *
 * @param name logical id of the output
 */
export function weakOutput(stack: Stack, name: string, value: string, description: string): string {
  const output = new CfnOutput(stack, name, { value, description });
  output.overrideLogicalId(name);
  return Lazy.uncachedString({
    produce: ({ scope }) => (isWithin(stack, Stack.of(scope)) ? value : Fn.getStackOutput(stack.stackName, name)),
  });
}

/** A stack has outputs only after its deployment. Its nested stacks are deployed earlier. */
function isWithin(stack: Stack, reader: Stack | undefined): boolean {
  return reader !== undefined && (reader === stack || isWithin(stack, reader.nestedStackParent));
}
