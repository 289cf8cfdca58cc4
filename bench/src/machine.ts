/**
 * What a result has to say about where it was measured.
 *
 * @module
 */
import { cpus, loadavg } from 'node:os';

export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Other load at the start makes results worthless; shown so that a reader can tell. */
  readonly loadAverage: number;
  readonly date: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    node: process.version,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)),
    date: new Date().toISOString().slice(0, 10),
  };
}

export const machineLine = (machine: Machine): string =>
  `Node ${machine.node}, ${machine.cpu} × ${machine.cores}, load ${machine.loadAverage}, ${machine.date}`;
