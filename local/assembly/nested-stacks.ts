import { UserError } from '../user-error.ts';
import { constructPaths } from './construct-paths.ts';
import { NESTED_STACK } from './resource-types.ts';
import { placeName, type Resource, type Stack, type Template } from './stack.ts';

/** Ends the reading of a template that nests itself. */
const DEEPEST = 8;

/** Reads a template file of the assembly; undefined where there is no such file. */
export type ReadTemplate = (file: string) => Template | undefined;

/**
 * The stacks nested in a stack, at every depth.
 *
 * @throws UserError naming the nested stack whose template cannot be read
 */
export function nestedStacks(stack: Stack, read: ReadTemplate, depth = 1): readonly Stack[] {
  return Object.entries(stack.template.Resources ?? {})
    .filter(([, { Type }]) => Type === NESTED_STACK)
    .flatMap(([logicalId, resource]) => {
      if (depth > DEEPEST) throw fault(stack, logicalId, `is nested more than ${DEEPEST} stacks deep`);
      const nested = nestedStack(stack, logicalId, templateOf(stack, logicalId, resource, read));
      return [nested, ...nestedStacks(nested, read, depth + 1)];
    });
}

function nestedStack(parent: Stack, logicalId: string, template: Template): Stack {
  return {
    ...parent,
    name: `${parent.name}-${logicalId}`,
    template,
    paths: constructPaths(template),
    parent: { stack: parent, logicalId },
  };
}

/** The metadata names the file; the property has the file's address after a deployment. */
function templateOf(stack: Stack, logicalId: string, { Metadata }: Resource, read: ReadTemplate): Template {
  const file = Metadata?.['aws:asset:path'];
  if (typeof file !== 'string') throw fault(stack, logicalId, 'is a nested stack without aws:asset:path');
  const template = read(file);
  if (template === undefined) throw fault(stack, logicalId, `is a nested stack whose template ${file} is missing`);
  return template;
}

function fault(stack: Stack, logicalId: string, what: string): UserError {
  const place = placeName({ stack, logicalId });
  return new UserError(
    'nested_stack_unreadable',
    `${place} ${what}: the local run reads templates in the assembly only`,
  );
}
