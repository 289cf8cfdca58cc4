import { InvalidArgumentError } from 'commander';

const FIRST_PORT = 1_024;
const LAST_PORT = 65_535;

/** The value of an option that is a port. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= FIRST_PORT && port <= LAST_PORT) return port;
  throw new InvalidArgumentError(`It is a port, ${String(FIRST_PORT)} to ${String(LAST_PORT)}.`);
}
