import { dirname } from 'node:path';
import { NetworkError } from '../errors.js';
import type { Origin, ResolvedProduct } from './origin.js';
import type { ProductName } from './product.js';

export const PROGRAMS = [
  'peer',
  'orderer',
  'configtxgen',
  'configtxlator',
  'osnadmin',
  'discover',
  'ledgerutil',
  'fabric-ca-server',
  'fabric-ca-client',
  'ipfs',
] as const;
export type ProgramName = (typeof PROGRAMS)[number];

/** Where each product was found. */
export interface ToolReport {
  product: ProductName;
  title: string;
  version: string;
  origin: Origin;
  dir: string;
}

/** The programs of a network, in the versions that its topology names. */
export class Toolset {
  readonly #products: readonly ResolvedProduct[];

  constructor(products: readonly ResolvedProduct[]) {
    this.#products = products;
  }

  /** Absolute path of a program. */
  program(name: ProgramName): string {
    const path = `bin/${name}`;
    const owner = this.#products.find(({ product }) =>
      product.programs.some((program) => program.path === path),
    );
    if (owner === undefined)
      throw new NetworkError('TOOL_INVALID', { tool: name, problem: 'unknown' });
    return owner.locate(path);
  }

  /** Folder with core.yaml and orderer.yaml as they came with this version of Fabric. */
  get configDir(): string {
    return dirname(this.#locate('fabric', 'config/core.yaml'));
  }

  /** Folder with `bin/detect`, `bin/build` and `bin/release`, as a peer wants a builder. */
  get builderDir(): string {
    return dirname(dirname(this.#locate('fabric', 'builders/ccaas/bin/detect')));
  }

  report(): ToolReport[] {
    return this.#products.map(({ product, origin, locate }) => ({
      product: product.name,
      title: product.title,
      version: product.version,
      origin,
      dir: dirname(dirname(locate(product.programs[0]?.path ?? ''))),
    }));
  }

  #locate(name: ProductName, path: string): string {
    const found = this.#products.find(({ product }) => product.name === name);
    if (found === undefined)
      throw new NetworkError('TOOL_INVALID', { tool: name, problem: 'unknown' });
    return found.locate(path);
  }
}
