/**
 * Prometheus' text format, as far as Fabric's pages use it.
 *
 * @module
 */

/** One line: name, labels, value. */
interface Sample {
  labels: string;
  value: number;
}

/** A page of metrics, by name. */
export class MetricsPage {
  readonly #samples = new Map<string, Sample[]>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const match = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{([^}]*)\})? (\S+)$/.exec(line);
      if (match === null) continue;
      const [, name = '', labels = '', value = ''] = match;
      const samples = this.#samples.get(name) ?? [];
      samples.push({ labels, value: Number(value) });
      this.#samples.set(name, samples);
    }
  }

  /**
   * The sum over all samples of that name whose labels have what is asked for; `null` where there
   * is none.
   *
   * @param labels - such as `{ channel: 'emr' }`
   */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const found = (this.#samples.get(name) ?? []).filter((sample) =>
      wanted.every((one) => sample.labels.split(',').includes(one)),
    );
    if (found.length === 0) return null;
    const total = found.reduce((sum, { value }) => sum + value, 0);
    return Number.isFinite(total) ? total : null;
  }
}
