import { UserError } from '../user-error.ts';
import type { CloudAssembly } from './cloud-assembly.ts';
import { attributeOf, physicalId } from './physical.ts';
import { NESTED_STACK } from './resource-types.ts';
import { type Place, placeName, type Resource, type Stack } from './stack.ts';

type Fields = Readonly<Record<string, unknown>>;
type Evaluate = (argument: unknown, place: Place) => unknown;

/** Marks a value that `AWS::NoValue` takes away. */
const NO_VALUE = Symbol('AWS::NoValue');

const ZONES = ['a', 'b', 'c'];

/** Resolves the intrinsic functions of an assembly's templates to plain values. */
export class Resolver {
  readonly #assembly: CloudAssembly;
  /** References that are being resolved, to detect a circle. */
  readonly #underWay: string[] = [];

  constructor(assembly: CloudAssembly) {
    this.#assembly = assembly;
  }

  /** @throws UserError naming the resource that uses an unknown function, reference or import */
  resolve(value: unknown, place: Place): unknown {
    const resolved = this.#value(value, place);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  /** False if the condition of the resource, or of a nested stack around it, is false. */
  exists(resource: Resource, place: Place): boolean {
    const { parent } = place.stack;
    if (parent && !this.exists(this.#target(parent.logicalId, parent).resource, parent)) return false;
    return resource.Condition === undefined || this.#condition(resource.Condition, place);
  }

  #value(value: unknown, place: Place): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#value(item, place)).filter((item) => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const [key, ...others] = Object.keys(value);
    if (key !== undefined && others.length === 0 && (key === 'Ref' || key === 'Condition' || key.startsWith('Fn::'))) {
      return this.#call(key, (value as Fields)[key], place);
    }
    const fields = Object.entries(value).map(([name, field]) => [name, this.#value(field, place)] as const);
    return Object.fromEntries(fields.filter(([, field]) => field !== NO_VALUE));
  }

  #call(name: string, argument: unknown, place: Place): unknown {
    // A property may itself be called `Condition` (IAM statements): only a string names a template's condition.
    if (name === 'Condition' && typeof argument !== 'string') return { Condition: this.#value(argument, place) };
    const evaluate = this.#functions[name];
    if (!evaluate)
      throw new UserError('intrinsic_unknown', `${placeName(place)} uses ${name}, which is not known here`);
    return evaluate(argument, place);
  }

  readonly #functions: Readonly<Record<string, Evaluate>> = {
    Ref: (argument, place) => this.#reference(String(argument), place),
    Condition: (argument, place) => this.#condition(String(argument), place),
    'Fn::GetAtt': (argument, place) => this.#attribute(argument, place),
    'Fn::Join': (argument, place) => {
      const [separator, parts] = this.#list(argument, place);
      return asList(parts).map(String).join(String(separator));
    },
    'Fn::Sub': (argument, place) => this.#substitute(argument, place),
    'Fn::Select': (argument, place) => {
      const [index, items] = this.#list(argument, place);
      const item = asList(items)[Number(index)];
      if (item === undefined)
        throw this.#fault(place, `Fn::Select of item ${String(index)} of ${JSON.stringify(items)}`);
      return item;
    },
    'Fn::Split': (argument, place) => {
      const [separator, text] = this.#list(argument, place);
      return String(text).split(String(separator));
    },
    'Fn::If': (argument, place) => {
      const [name, yes, no] = asList(argument);
      return this.#value(this.#condition(String(name), place) ? yes : no, place);
    },
    'Fn::Equals': (argument, place) => {
      const [left, right] = this.#list(argument, place);
      return String(left) === String(right);
    },
    'Fn::Not': (argument, place) => !this.#list(argument, place)[0],
    'Fn::And': (argument, place) => this.#list(argument, place).every(Boolean),
    'Fn::Or': (argument, place) => this.#list(argument, place).some(Boolean),
    'Fn::ImportValue': (argument, place) => this.#import(String(this.#value(argument, place)), place),
    'Fn::GetStackOutput': (argument, place) => this.#stackOutput(this.#value(argument, place), place),
    'Fn::GetAZs': (argument, place) => {
      const region = this.#value(argument, place);
      return ZONES.map(
        (zone) => `${region === '' || region === undefined ? place.stack.region : String(region)}${zone}`,
      );
    },
    'Fn::FindInMap': (argument, place) => {
      const [map, first, second] = this.#list(argument, place).map(String);
      const found = place.stack.template.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined)
        throw this.#fault(place, `Fn::FindInMap of ${map}.${first}.${second}, which the template lacks`);
      return found;
    },
    'Fn::Base64': (argument, place) => Buffer.from(String(this.#value(argument, place))).toString('base64'),
  };

  #list(argument: unknown, place: Place): readonly unknown[] {
    return asList(this.#value(argument, place));
  }

  #reference(name: string, place: Place): unknown {
    const { stack } = place;
    const pseudo = pseudoParameter(name, stack);
    if (pseudo !== undefined) return pseudo;
    const parameter = stack.template.Parameters?.[name];
    return parameter ? this.#parameter(name, parameter.Default, place) : physicalId(this.#target(name, place), this);
  }

  /** A nested stack gets its parameters from the stack around it. */
  #parameter(name: string, byDefault: unknown, place: Place): unknown {
    const { parent } = place.stack;
    const passed = parent && this.#target(parent.logicalId, parent).resource.Properties?.['Parameters'];
    const value = (passed as Fields | undefined)?.[name];
    if (parent && value !== undefined) {
      return this.#guarded(`parameter ${name}`, place, () => this.#value(value, parent));
    }
    if (byDefault === undefined) throw this.#fault(place, `parameter ${name}, which has no default`);
    return byDefault;
  }

  #attribute(argument: unknown, place: Place): unknown {
    // Both forms are allowed: ["Table", "Arn"] and "Table.Arn".
    const [logicalId = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    const target = this.#target(logicalId, place);
    const attribute = rest.join('.');
    return target.resource.Type === NESTED_STACK
      ? this.#output(attribute.replace(/^Outputs\./, ''), target, place)
      : attributeOf(target, attribute, this);
  }

  #output(name: string, target: Place, place: Place): unknown {
    const nested = this.#assembly.stacks.find(
      ({ parent }) => parent?.stack === target.stack && parent.logicalId === target.logicalId,
    );
    return this.#outputOf(nested, name, place, `output ${name} of ${target.logicalId}`);
  }

  #target(logicalId: string, place: Place): Place & { readonly resource: Resource } {
    const resource = place.stack.template.Resources?.[logicalId];
    if (!resource) throw this.#fault(place, `${logicalId}, which the template lacks`);
    return { stack: place.stack, logicalId, resource };
  }

  #substitute(argument: unknown, place: Place): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      const variable = (variables as Fields)[name];
      if (variable !== undefined) return String(this.#value(variable, place));
      return String(name.includes('.') ? this.#attribute(name, place) : this.#reference(name, place));
    });
  }

  #condition(name: string, place: Place): boolean {
    const condition = place.stack.template.Conditions?.[name];
    if (condition === undefined) throw this.#fault(place, `condition ${name}, which the template lacks`);
    return this.#guarded(`condition ${name}`, place, () => Boolean(this.#value(condition, place)));
  }

  #import(name: string, place: Place): unknown {
    for (const stack of this.#assembly.stacks) {
      for (const [logicalId, output] of Object.entries(stack.template.Outputs ?? {})) {
        const exporter = { stack, logicalId };
        if (!output.Export || this.#value(output.Export.Name, exporter) !== name) continue;
        return this.#guarded(`export ${name}`, place, () => this.#value(output.Value, exporter));
      }
    }
    throw this.#fault(place, `export ${name}, which no stack of the app has`);
  }

  #stackOutput(argument: unknown, place: Place): unknown {
    const { StackName: stackName, OutputName: name = '' } = argument as Readonly<Record<string, string>>;
    const stack = this.#assembly.stacks.find((candidate) => candidate.name === stackName);
    return this.#outputOf(stack, name, place, `output ${name} of ${stackName}`);
  }

  #outputOf(stack: Stack | undefined, logicalId: string, place: Place, what: string): unknown {
    const output = stack?.template.Outputs?.[logicalId];
    if (!stack || !output) throw this.#fault(place, `${what}, which no stack of the app has`);
    return this.#guarded(what, place, () => this.#value(output.Value, { stack, logicalId }));
  }

  #guarded<T>(name: string, place: Place, run: () => T): T {
    // Stacks may use the same names.
    const key = `${place.stack.name}: ${name}`;
    if (this.#underWay.includes(key)) throw this.#fault(place, `${name}, which refers to itself`);
    this.#underWay.push(key);
    try {
      return run();
    } finally {
      this.#underWay.pop();
    }
  }

  #fault(place: Place, what: string): UserError {
    return new UserError('reference_unresolved', `${placeName(place)} refers to ${what}`);
  }
}

function pseudoParameter(name: string, stack: Stack): string | symbol | undefined {
  switch (name) {
    case 'AWS::NoValue':
      return NO_VALUE;
    case 'AWS::AccountId':
      return stack.account;
    case 'AWS::Region':
      return stack.region;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return stack.name;
    case 'AWS::StackId':
      return `arn:aws:cloudformation:${stack.region}:${stack.account}:stack/${stack.name}/local`;
    default:
      return undefined;
  }
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
