import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProgressEvent } from '../src/index.js';
import { runPlan, type Step, type StepRecord } from '../src/up/plan.js';

/** A world that steps change, and the record that `up` would keep on disk. */
class World {
  readonly done = new Set<string>();
  readonly log: string[] = [];
  readonly events: ProgressEvent[] = [];
  readonly #record = new Map<string, string>();
  running = 0;
  mostRunning = 0;

  step(id: string, after: readonly string[] = [], change: Partial<Step> = {}): Step {
    return {
      id,
      title: id,
      after,
      fingerprint: 'same',
      isDone: () => Promise.resolve(this.done.has(id)),
      run: async () => {
        this.running += 1;
        this.mostRunning = Math.max(this.mostRunning, this.running);
        await delay(1);
        this.running -= 1;
        this.log.push(id);
        this.done.add(id);
      },
      ...change,
    };
  }

  run(
    steps: readonly Step[],
    options: { concurrency?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    const record: StepRecord = {
      fingerprintOf: (step) => this.#record.get(step) ?? null,
      finish: (step, fingerprint) => Promise.resolve(void this.#record.set(step, fingerprint)),
    };
    const onProgress = (event: ProgressEvent): void => void this.events.push(event);
    return runPlan(steps, { record, onProgress, concurrency: 4, ...options });
  }
}

describe('a plan', () => {
  it('does every step after those it waits for, whatever the shape', async () => {
    const shape = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(shape, fc.integer({ min: 1, max: 5 }), async (waits, concurrency) => {
        const world = new World();
        const steps = waits.map((targets, i) =>
          world.step(`s${String(i)}`, i === 0 ? [] : targets.map((t) => `s${String(t % i)}`)),
        );
        await world.run(steps.toReversed(), { concurrency });
        expect(world.log).toHaveLength(steps.length);
        for (const { id, after } of steps) {
          for (const earlier of after) {
            expect(world.log.indexOf(earlier)).toBeLessThan(world.log.indexOf(id));
          }
        }
        expect(world.mostRunning).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns: 40 },
    );
  });

  it('does nothing the second time', async () => {
    const world = new World();
    const steps = [world.step('a'), world.step('b', ['a'])];
    await world.run(steps);
    await world.run(steps);
    expect(world.log).toEqual(['a', 'b']);
    expect(world.events.filter(({ kind }) => kind === 'skipped')).toHaveLength(2);
  });

  it('does a step again whose deed was undone, believing the world and not the record', async () => {
    const world = new World();
    const steps = [world.step('a'), world.step('b', ['a'])];
    await world.run(steps);
    world.done.delete('a');
    await world.run(steps);
    expect(world.log).toEqual(['a', 'b', 'a']);
  });

  it('does a step again when what it depends on is different', async () => {
    const world = new World();
    await world.run([world.step('a')]);
    await world.run([world.step('a', [], { fingerprint: 'other' })]);
    expect(world.log).toEqual(['a', 'a']);
  });

  it('goes on after a failure where it stopped', async () => {
    const world = new World();
    let broken = true;
    const b = world.step('b', ['a']);
    const fragile: Step = {
      ...b,
      run: (signal) => (broken ? Promise.reject(new Error('disk full')) : b.run(signal)),
    };
    const steps = [world.step('a'), fragile, world.step('c', ['b'])];
    await expect(world.run(steps)).rejects.toThrow('disk full');
    expect(world.log).toEqual(['a']);
    expect(world.events.at(-1)).toMatchObject({ kind: 'failed', step: 'b', problem: 'disk full' });
    broken = false;
    await world.run(steps);
    expect(world.log).toEqual(['a', 'b', 'c']);
  });

  it('tells the steps at work to stop when one fails, and waits for them', async () => {
    const world = new World();
    let stopped = false;
    const slow = world.step('slow', [], {
      run: async (signal) => {
        await delay(30_000, undefined, { signal }).catch(() => delay(20));
        stopped = true;
        signal.throwIfAborted();
      },
    });
    const failing = world.step('failing', [], { run: () => Promise.reject(new Error('no')) });
    await expect(world.run([slow, failing])).rejects.toThrow('no');
    expect(stopped).toBe(true);
  });

  it('ends when its caller says so, with the reason of the caller', async () => {
    const world = new World();
    const slow = world.step('slow', [], {
      run: async (signal) => {
        await delay(30_000, undefined, { signal });
      },
    });
    const running = world.run([slow, world.step('never', ['slow'])], {
      signal: AbortSignal.timeout(20),
    });
    await expect(running).rejects.toThrow(/timeout/i);
    expect(world.log).toEqual([]);
  });

  it('says so when steps wait for each other', async () => {
    const world = new World();
    await expect(world.run([world.step('a', ['b']), world.step('b', ['a'])])).rejects.toThrow(
      'a, b',
    );
  });

  it('takes a check that fails for "not done"', async () => {
    const world = new World();
    const a = world.step('a');
    await world.run([a]);
    await world.run([{ ...a, isDone: () => Promise.reject(new Error('cannot tell')) }]);
    expect(world.log).toEqual(['a', 'a']);
  });
});
