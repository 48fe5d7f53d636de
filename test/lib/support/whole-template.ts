import { NestedStack, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

interface TemplateJson {
  readonly Resources: Readonly<Record<string, { readonly Properties?: { readonly Parameters?: Values } }>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * A stack and the stacks nested in it as one template: what these get as parameters and give as outputs stands as if
 * all resources were the stack's own.
 */
export function wholeTemplate(stack: Stack): Template {
  const root = Template.fromStack(stack).toJSON() as TemplateJson;
  const resources: Record<string, unknown> = { ...root.Resources };
  const outputs: Record<string, unknown> = {};
  for (const nested of nestedIn(stack)) {
    const id = String(stack.resolve(nested.nestedStackResource?.logicalId));
    const own = Template.fromStack(nested).toJSON() as TemplateJson;
    const passed = root.Resources[id]?.Properties?.Parameters ?? {};
    delete resources[id];
    for (const [logicalId, resource] of Object.entries(own.Resources)) {
      if (logicalId in resources) throw new Error(`${logicalId} is in two of the stacks`);
      resources[logicalId] = replaced(resource, ({ Ref }) => passed[String(Ref)]);
    }
    for (const [name, { Value }] of Object.entries(own.Outputs ?? {})) outputs[`${id}.Outputs.${name}`] = Value;
  }
  const whole = { ...root, Resources: resources };
  return Template.fromJSON(
    replaced(
      whole,
      ({ 'Fn::GetAtt': attribute }) => Array.isArray(attribute) && outputs[attribute.join('.')],
    ) as object,
  );
}

/** The stacks that are nested in a stack itself. */
export function nestedIn(stack: Stack): readonly NestedStack[] {
  return stack.node
    .findAll()
    .filter((found) => NestedStack.isNestedStack(found))
    .filter((nested) => nested.nestedStackParent === stack);
}

/** A copy in which what `by` gives stands in place of an object. */
function replaced(value: unknown, by: (object: Values) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => replaced(item, by));
  if (typeof value !== 'object' || value === null) return value;
  const other = by(value as Values);
  if (other) return other;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, replaced(field, by)]));
}
