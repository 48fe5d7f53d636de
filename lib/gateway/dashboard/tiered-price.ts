/** One step of a price that falls with volume: units past the step before, up to and with `upTo`. */
export interface PriceTier {
  /** Monthly volume at which the step ends; the last step has no end. */
  readonly upTo: number;
  /** Dollars a million units. */
  readonly perMillion: number;
}

/**
 * Dollars a month as CloudWatch metric math over the metric or expression `id`, a monthly volume. Each step adds the
 * difference of its price for what exceeds its start, so the expression grows by one term a step.
 */
export function tieredCostExpression(tiers: readonly PriceTier[], id: string): string {
  return tiers
    .map(({ perMillion }, index) => {
      const before = tiers[index - 1];
      if (before === undefined) return `${id} * ${decimal(perMillion / 1e6)}`;
      const saved = before.perMillion - perMillion;
      return `IF(${id} > ${decimal(before.upTo)}, ${id} - ${decimal(before.upTo)}, 0) * ${decimal(saved / 1e6)}`;
    })
    .join(' - ');
}

/** Metric math knows no exponents (`1e-7`), and binary noise past the twelfth digit is no price. */
export function decimal(value: number): string {
  return value.toFixed(12).replace(/\.?0+$/, '');
}
