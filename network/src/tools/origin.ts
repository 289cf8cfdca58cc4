import type { OnProgress } from '../progress.js';
import type { Product } from './product.js';

/** Where a product was got from, in the order in which the places are asked. */
export type Origin = 'folder' | 'path' | 'cache' | 'release' | 'source';

/** Settings of {@link resolveTools}; the environment's where left out. */
export interface ToolOptions {
  /** `EMR_TOOLS`: a folder with programs, or with `bin/`, `config/` and `builders/` in it. */
  folder?: string | undefined;
  /** `EMR_SOURCES`: a folder of source archives. Given, sources are built rather than releases got. */
  sources?: string | undefined;
  /** `EMR_MIRROR`: base URL instead of `https://github.com`. Given, releases are tried at any rate. */
  mirror?: string | undefined;
  /** Where obtained tools are kept. */
  cacheDir?: string | undefined;
  /** SHA-256 that a release archive must have, by file name. */
  releaseDigests?: Readonly<Record<string, string>>;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** {@link ToolOptions} with the environment and the defaults in it. */
export interface ToolSettings {
  folder: string | undefined;
  sources: string | undefined;
  mirror: string;
  /** Whether downloading is in order: not where a folder of sources was named instead. */
  downloads: boolean;
  cacheDir: string;
  releaseDigests: Readonly<Record<string, string>>;
  onProgress: OnProgress;
  signal: AbortSignal | undefined;
}

/** A product's programs and files, wherever they are. */
export interface ResolvedProduct {
  product: Product;
  origin: Origin;
  /** Absolute path of a program or file named as in the product, such as `bin/peer`. */
  locate: (path: string) => string;
}
