import { describe, expect, it } from 'vitest';
import {
  type CircuitsConfig,
  circuitAlarmName,
  decodeCircuitsConfig,
  serviceOfAlarm,
} from '../../../lambdas/contract/circuits-config.ts';

const CONFIG: CircuitsConfig = {
  gateway: 'shop',
  namespace: 'Tollgate',
  services: { orders: { openForMs: 30_000 }, 'orders-failures': { openForMs: 1000 }, 'a-orders': { openForMs: 1000 } },
};

describe('decodeCircuitsConfig', () => {
  it('reads back what lib encodes', () => {
    expect(decodeCircuitsConfig(JSON.stringify(CONFIG))).toEqual(CONFIG);
  });

  it('names the service whose entry is wrong', () => {
    const json = JSON.stringify({ ...CONFIG, services: { orders: { openForMs: '30' } } });
    expect(() => decodeCircuitsConfig(json)).toThrow(
      `circuits.services['orders'].openForMs must be an integer, got "30"`,
    );
  });
});

describe('serviceOfAlarm', () => {
  it('is the inverse of circuitAlarmName, also for services whose names hold one another', () => {
    for (const service of Object.keys(CONFIG.services)) {
      expect(serviceOfAlarm(CONFIG, circuitAlarmName('shop', service))).toBe(service);
    }
  });

  it.each([
    '',
    'orders',
    'other-orders-failures',
    'shop-toString-failures',
    'shop-__proto__-failures',
    'SHOP-orders-failures',
  ])('knows no service for %j', (alarm) => {
    expect(serviceOfAlarm(CONFIG, alarm)).toBeUndefined();
  });
});
