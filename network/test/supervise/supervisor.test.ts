import { describe, expect, it } from '@jest/globals';
import { SimulatedNetwork } from './simulated-network.js';

const kinds = ({ events }: SimulatedNetwork): string[] => events.map(({ kind }) => kind);

describe('the supervisor', () => {
  it('leaves a network alone that is busy and well', async () => {
    const network = new SimulatedNetwork();
    await network.pass(600_000);
    expect(network.events).toEqual([]);
  });

  it('leaves a network alone that has nothing to order', async () => {
    const network = new SimulatedNetwork();
    network.isBusy = false;
    await network.pass(600_000);
    expect(network.events).toEqual([]);
  });

  it('restarts an orderer that stays behind the others, and says why', async () => {
    const network = new SimulatedNetwork();
    await network.pass(5_000);
    network.of('orderer.c').fault = 'deadlock';
    await network.pass(10_000);
    expect(network.restarted).toEqual(['orderer.c']);
    expect(network.events).toMatchObject([
      { kind: 'suspected', node: 'orderer.c', cause: 'behind' },
      { kind: 'inspected', deadlocked: true, report: 'stalls/orderer.c.txt' },
      { kind: 'restarted', node: 'orderer.c' },
    ]);
    expect(network.of('orderer.c').height).toBe(network.of('orderer.a').height);
  });

  it('does not restart one that is behind for less than its patience', async () => {
    const network = new SimulatedNetwork();
    network.of('orderer.c').fault = 'unknown';
    await network.pass(3_000);
    network.of('orderer.c').fault = 'none';
    await network.pass(60_000);
    expect(network.restarted).toEqual([]);
  });

  it('leaves one that is behind time to synchronize while no orderer makes a block', async () => {
    const network = new SimulatedNetwork();
    await network.pass(5_000);
    network.of('orderer.a').state = 'stopped';
    network.of('orderer.c').fault = 'unknown';
    network.of('orderer.c').height -= 2;
    await network.pass(11_000);
    expect(network.restarted).toEqual([]);
    await network.pass(4_000);
    expect(network.restarted).toEqual(['orderer.c']);
    expect(network.of('orderer.c').height).toBe(network.of('orderer.b').height);
  });

  it('leaves an orderer stopped that was stopped by a command', async () => {
    const network = new SimulatedNetwork();
    network.of('orderer.b').state = 'stopped';
    await network.pass(120_000);
    expect(network.restarted).toEqual([]);
  });

  it('starts an orderer again whose process ended by itself', async () => {
    const network = new SimulatedNetwork();
    network.of('orderer.b').state = 'dead';
    await network.pass(3_000);
    expect(network.restarted).toEqual(['orderer.b']);
    expect(kinds(network)).toEqual(['suspected', 'restarted']);
  });

  it('restarts an orderer that does not answer, later than one that is behind', async () => {
    const network = new SimulatedNetwork();
    network.of('orderer.d').state = 'mute';
    await network.pass(14_000);
    expect(network.restarted).toEqual([]);
    await network.pass(4_000);
    expect(network.restarted).toEqual(['orderer.d']);
  });

  it('finds the deadlocked one among orderers that are equally high and make no blocks', async () => {
    const network = new SimulatedNetwork();
    await network.pass(5_000);
    network.of('orderer.d').fault = 'deadlock';
    network.of('orderer.a').state = 'stopped'; // one more, and there are too few
    await network.pass(8_000);
    expect(network.restarted).toEqual(['orderer.d']);
    const height = network.of('orderer.b').height;
    await network.pass(5_000);
    expect(network.of('orderer.b').height).toBeGreaterThan(height);
  });

  it('never restarts another orderer before the last one has caught up', async () => {
    const network = new SimulatedNetwork();
    await network.pass(5_000);
    network.isBroken = true;
    network.of('orderer.b').fault = 'unknown';
    await network.pass(3_000);
    network.of('orderer.c').state = 'dead';
    await network.pass(60_000);
    const [first, second] = network.restarts;
    expect(second!.node).not.toBe(first!.node);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_000);
  });

  it('does not guess at a stall while too few orderers run', async () => {
    const network = new SimulatedNetwork();
    network.of('orderer.a').state = 'stopped';
    network.of('orderer.b').state = 'stopped';
    await network.pass(120_000);
    expect(network.restarted).toEqual([]);
    expect(kinds(network)).toContain('stalled');
  });

  it('restarts the one with another view after a stall that nothing explains', async () => {
    const network = new SimulatedNetwork();
    await network.pass(5_000);
    network.of('orderer.c').fault = 'unknown';
    network.of('orderer.c').view = 1;
    network.of('orderer.d').state = 'stopped';
    const { height } = network.of('orderer.a');
    await network.pass(10_000);
    expect(network.restarted).toEqual([]);
    await network.pass(10_000);
    expect(network.restarted).toEqual(['orderer.c']);
    expect(network.of('orderer.a').height).toBeGreaterThan(height);
  });

  it('gives one that it restarted on a guess its time before it guesses again', async () => {
    const network = new SimulatedNetwork();
    await network.pass(5_000);
    network.isBroken = true;
    for (const orderer of network.orderers.values()) orderer.fault = 'unknown';
    await network.pass(40_000);
    const gaps = network.restarts.slice(1).map(({ at }, i) => at - network.restarts[i]!.at);
    expect(gaps.length).toBeGreaterThan(0);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(12_000);
  });

  it('restarts a deadlocked orderer sooner than one that is only behind', async () => {
    const timeOf = async (fault: 'deadlock' | 'unknown'): Promise<number> => {
      const network = new SimulatedNetwork();
      network.of('orderer.c').fault = fault;
      await network.pass(10_000);
      return network.restarts[0]!.at;
    };
    expect(await timeOf('deadlock')).toBeLessThan(await timeOf('unknown'));
  });

  it('waits ever longer before it restarts the same orderer again', async () => {
    const network = new SimulatedNetwork();
    network.isBroken = true;
    network.of('orderer.c').fault = 'unknown';
    await network.pass(600_000);
    const times = network.restarts.map(({ at }) => at);
    const pauses = times.slice(1).map((at, i) => at - times[i]!);
    expect(pauses.length).toBeGreaterThan(3);
    for (const [i, pause] of pauses.slice(1).entries()) {
      expect(pause).toBeGreaterThanOrEqual(pauses[i]!);
    }
  });

  it('revives other nodes whose process ended', async () => {
    const network = new SimulatedNetwork();
    network.dead.set('contract.a', 77);
    await network.pass(5_000);
    expect(network.restarted).toEqual(['contract.a']);
  });
});
