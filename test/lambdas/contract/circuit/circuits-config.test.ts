import { describe, expect, it } from 'vitest';
import { CIRCUIT_DEFAULTS, timingOf } from '../../../../lambdas/contract/circuit/circuit-policy.ts';
import {
  CIRCUIT_ALARMS,
  type CircuitConfig,
  type CircuitsConfig,
  circuitAlarmName,
  circuitOfAlarm,
} from '../../../../lambdas/contract/circuit/circuits-config.ts';
import { decodeCircuitsConfig, documentJson } from '../../../support/documents.ts';

const USUAL: CircuitConfig = { ...timingOf(CIRCUIT_DEFAULTS), shadow: false };
const CONFIG: CircuitsConfig = {
  gateway: 'shop',
  namespace: 'Tollgate',
  services: {
    orders: USUAL,
    'orders-failures': { ...USUAL, openForMs: 1000, probes: 1, successes: 20, rampUpMs: 0 },
    'orders-failures-throttles': USUAL,
    'a-orders': { ...USUAL, maxOpenForMs: 30_000, shadow: true },
  },
};

describe('what the functions know that move circuits', () => {
  it('is read as it was encoded', () => {
    expect(decodeCircuitsConfig(documentJson(CONFIG))).toEqual(CONFIG);
  });

  it('names the service whose entry is wrong', () => {
    const json = documentJson({ ...CONFIG, services: { orders: { openForMs: '30' } } });
    expect(() => decodeCircuitsConfig(json)).toThrow(
      `circuits.services['orders'].openForMs must be an integer, got "30"`,
    );
  });

  it('is not missing', () => {
    expect(() => decodeCircuitsConfig('null')).toThrow('circuits must be an object, got null');
    expect(() => decodeCircuitsConfig('{')).toThrow('circuits must be JSON, got "{"');
  });
});

describe('the circuit of an alarm', () => {
  it('is known by the alarm’s name, also where the names of services hold one another', () => {
    for (const service of Object.keys(CONFIG.services)) {
      for (const kind of CIRCUIT_ALARMS) {
        expect(circuitOfAlarm(CONFIG, circuitAlarmName('shop', service, kind))).toEqual({ service, kind });
      }
    }
  });

  it.each([
    '',
    'orders',
    'shop-orders',
    'shop-orders-p99',
    'other-orders-failures',
    'shop-toString-failures',
    'shop-__proto__-failures',
    'SHOP-orders-failures',
    'shop-orders-failures ',
  ])('is none for %j', (alarm) => {
    expect(circuitOfAlarm(CONFIG, alarm)).toBeUndefined();
  });
});
