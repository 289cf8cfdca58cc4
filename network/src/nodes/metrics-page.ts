/**
 * Prometheus' text format, as far as Fabric's pages use it.
 *
 * @module
 */

const LINE = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{([^}]*)\})? (\S+)$/;

/** A page of metrics. Only lines of a name that is asked for are taken apart. */
export class MetricsPage {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  /**
   * The sum over all samples of that name whose labels have what is asked for; `null` where there
   * is none.
   *
   * @param labels - such as `{ channel: 'emr' }`
   */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const found = this.#lines.flatMap((line) => {
      if (!line.startsWith(name)) return [];
      const [, named, given = '', value] = LINE.exec(line) ?? [];
      const has = given.split(',');
      return named === name && wanted.every((one) => has.includes(one)) ? [Number(value)] : [];
    });
    if (found.length === 0) return null;
    const total = found.reduce((sum, value) => sum + value, 0);
    return Number.isFinite(total) ? total : null;
  }
}
