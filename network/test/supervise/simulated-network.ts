/** Four orderers in memory, with their clock: what a supervisor sees and does, without processes. */
import type { OrdererSample } from '../../src/supervise/ordering.js';
import { type SupervisedNetwork, Supervisor } from '../../src/supervise/supervisor.js';
import type { SupervisorEvent } from '../../src/supervise/supervisor-event.js';

const ROUND_MS = 1_000;
const NAMES = ['orderer.a', 'orderer.b', 'orderer.c', 'orderer.d'];

interface Orderer {
  state: OrdererSample['state'];
  pid: number;
  height: number;
  view: number;
  /** Orders nothing any more, and what its stacks show. */
  fault: 'none' | 'deadlock' | 'unknown';
}

export class SimulatedNetwork implements SupervisedNetwork {
  readonly orderers = new Map<string, Orderer>();
  readonly events: SupervisorEvent[] = [];
  /** Every restart with its time. */
  readonly restarts: { node: string; at: number }[] = [];
  /** Other nodes whose process ended, by name. */
  readonly dead = new Map<string, number>();
  /** Requests come in all the time. */
  isBusy = true;
  /** A restarted orderer comes back with its old fault. */
  isBroken = false;
  readonly #supervisor: Supervisor;
  #now = 0;
  #nextPid = 100;

  constructor() {
    for (const [i, name] of NAMES.entries()) {
      this.orderers.set(name, { state: 'running', pid: i + 1, height: 10, view: 0, fault: 'none' });
    }
    this.#supervisor = new Supervisor(this, {
      quorum: 3,
      now: () => this.#now,
      onEvent: (event) => this.events.push(event),
    });
  }

  of(name: string): Orderer {
    return this.orderers.get(name)!;
  }

  /** Lets time pass, with a round of the supervisor in every second of it. */
  async pass(ms: number): Promise<void> {
    for (const end = this.#now + ms; this.#now < end;) {
      this.#now += ROUND_MS;
      this.#order();
      await this.#supervisor.round();
    }
  }

  /** With three at work, those that are make a block each second, and the late catch up. */
  #order(): void {
    const working = [...this.orderers.values()].filter(
      ({ state, fault }) => state === 'running' && fault === 'none',
    );
    if (working.length < 3 || !this.isBusy) return;
    const next = Math.max(...[...this.orderers.values()].map(({ height }) => height)) + 1;
    for (const orderer of working) orderer.height = next;
  }

  get restarted(): string[] {
    return this.restarts.map(({ node }) => node);
  }

  sampleOrdering(): Promise<OrdererSample[]> {
    const samples = [...this.orderers].map(([node, { state, pid, height, view }]) => ({
      node,
      state,
      pid: state === 'stopped' ? null : pid,
      reading:
        state === 'running'
          ? {
              height,
              leads: node === 'orderer.a',
              view,
              nextView: view,
              realView: view,
              waiting: this.isBusy ? 3 : 0,
              decided: height,
            }
          : null,
    }));
    return Promise.resolve(samples);
  }

  deadProcesses(): ReturnType<SupervisedNetwork['deadProcesses']> {
    return Promise.resolve([...this.dead].map(([node, pid]) => ({ node, pid })));
  }

  inspect(node: string): ReturnType<SupervisedNetwork['inspect']> {
    const { state, fault } = this.of(node);
    if (state !== 'running') return Promise.resolve({ deadlocked: null, report: null });
    const deadlocked = fault === 'deadlock';
    return Promise.resolve({ deadlocked, report: deadlocked ? `stalls/${node}.txt` : null });
  }

  restart(node: string, pid: number): Promise<boolean> {
    this.restarts.push({ node, at: this.#now });
    if (this.dead.get(node) === pid) return Promise.resolve(this.dead.delete(node));
    const orderer = this.of(node);
    if (orderer.pid !== pid) return Promise.resolve(false);
    orderer.pid = this.#nextPid++;
    orderer.state = 'running';
    if (!this.isBroken) orderer.fault = 'none';
    return Promise.resolve(true);
  }
}
