import { describe, expect, it } from '@jest/globals';
import type { OrdererSample } from '../../src/index.js';
import { takesPart } from '../../src/supervise/taking-part.js';

interface Page {
  height: number;
  waiting?: number;
  decided?: number | null;
}

function running(node: string, { height, waiting = 0, decided = 40 }: Page): OrdererSample {
  const view = { leads: false, view: 0, nextView: 0, realView: 0 };
  return { node, state: 'running', pid: 7, reading: { ...view, height, waiting, decided } };
}

const others = (height: number, waiting: number): OrdererSample[] => [
  running('b', { height, waiting }),
  running('c', { height, waiting }),
];

describe('an orderer that was started', () => {
  it('takes part once it has voted on a block and keeps up', () => {
    const own = running('a', { height: 99, waiting: 3, decided: 1 });
    expect(takesPart('a', [own, ...others(100, 3)])).toBe(true);
    expect(takesPart('a', [own, ...others(101, 3)])).toBe(false);
  });

  it('does not take part with every block but no vote while others wait for one', () => {
    const own = running('a', { height: 100, waiting: 0, decided: null });
    expect(takesPart('a', [own, ...others(100, 2)])).toBe(false);
    expect(takesPart('a', [own, ...others(100, 0)])).toBe(true);
    expect(takesPart('a', [own, ...others(101, 0)])).toBe(false);
  });

  it('does not take part while it does not answer', () => {
    const mute: OrdererSample = { node: 'a', state: 'mute', pid: 7, reading: null };
    expect(takesPart('a', [mute, ...others(100, 0)])).toBe(false);
  });
});
