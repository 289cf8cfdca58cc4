import type { MspId } from '@emr-share/model';
import type { FabricConsortium } from '../consortium/index.js';
import type { Book } from './load/book.js';
import type { Cast } from './load/cast.js';
import type { Site } from './site.js';

/** What a drill works with. */
export interface DrillScene {
  readonly site: Site;
  readonly consortium: FabricConsortium;
  readonly cast: Cast;
  readonly book: Book;
}

/** One kind of drill. */
export interface Drill {
  /** Of these hospitals its people are, left out: of all. */
  readonly castFrom?: (organizations: readonly MspId[]) => readonly MspId[];
  /**
   * Breaks and mends, under load. What it leaves broken is put back after it.
   *
   * @returns what it observed beside the common figures
   */
  run(scene: DrillScene): Promise<Readonly<Record<string, unknown>>>;
}
