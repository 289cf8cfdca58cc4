/**
 * A satellite in user space: every place sends up to it and receives from it, through lines of its
 * own. It knows packets by their length and where they are bound, nothing else.
 *
 * Not modelled: rain fade and other bursts of loss, the jitter of access to a shared carrier, and the
 * proxies that satellite operators put between ends of a TCP connection.
 *
 * @module
 */
import { Agenda } from './agenda.js';
import { Line } from './line.js';
import type { LinkTerms } from './link-terms.js';
import { seededCoin } from './seeded-coin.js';

export interface SatelliteLinkOptions {
  readonly terms: LinkTerms;
  /** Decides which packets are lost: the same for the same packets in the same order. */
  readonly seed: number;
  readonly deliver: (to: string, packet: Uint8Array) => void;
}

/** What became of the packets so far. */
export interface LinkCounts {
  readonly delivered: number;
  readonly deliveredBytes: number;
  readonly lost: number;
  /** Arrived after another copy of the same packet. */
  readonly repeated: number;
  /** Because a queue was full. */
  readonly dropped: number;
  /** Because one of their ends was cut off. */
  readonly cut: number;
}

/** A packet under way, in one copy or several. */
interface Sent {
  readonly to: string;
  readonly packet: Uint8Array;
  isThere: boolean;
}

export class SatelliteLink {
  readonly #deliver: SatelliteLinkOptions['deliver'];
  readonly #coin: (probability: number) => boolean;
  readonly #agenda = new Agenda();
  readonly #up = new Map<string, Line>();
  readonly #down = new Map<string, Line>();
  readonly #cutOff = new Set<string>();
  readonly #counts = { delivered: 0, deliveredBytes: 0, lost: 0, repeated: 0, dropped: 0, cut: 0 };
  #terms: LinkTerms;

  constructor({ terms, seed, deliver }: SatelliteLinkOptions) {
    this.#terms = terms;
    this.#coin = seededCoin(seed);
    this.#deliver = deliver;
  }

  get counts(): LinkCounts {
    return { ...this.#counts };
  }

  /** From now on; packets under way arrive as they would have. */
  setTerms(terms: LinkTerms): void {
    this.#terms = terms;
  }

  /** Nothing reaches the place any more, and nothing from it arrives. */
  cutOff(place: string): void {
    this.#cutOff.add(place);
  }

  restore(place: string): void {
    this.#cutOff.delete(place);
  }

  send(from: string, to: string, packet: Uint8Array): void {
    if (this.#isCut(from)) return;
    const sent: Sent = { to, packet, isThere: false };
    for (let copy = 0; copy < this.#terms.copies; copy += 1) this.#sendOnce(from, sent);
  }

  /** Drops what is under way. */
  close(): void {
    this.#agenda.clear();
  }

  #sendOnce(from: string, sent: Sent): void {
    const { oneWayMs, loss } = this.#terms;
    const { packet } = sent;
    const leaves = this.#take(this.#up, from, packet);
    if (leaves === null) return;
    if (this.#coin(loss)) {
      this.#counts.lost += 1;
      return;
    }
    this.#at(leaves + oneWayMs, () => {
      this.#arrive(sent);
    });
  }

  #arrive(sent: Sent): void {
    const { to, packet } = sent;
    if (this.#isCut(to)) return;
    const arrives = this.#take(this.#down, to, packet);
    if (arrives === null) return;
    this.#at(arrives, () => {
      if (sent.isThere) {
        this.#counts.repeated += 1;
        return;
      }
      sent.isThere = true;
      this.#counts.delivered += 1;
      this.#counts.deliveredBytes += packet.length;
      this.#deliver(to, packet);
    });
  }

  #take(lines: Map<string, Line>, place: string, packet: Uint8Array): number | null {
    const line = lines.get(place) ?? new Line();
    lines.set(place, line);
    const done = line.take(packet.length, performance.now(), this.#terms);
    if (done === null) this.#counts.dropped += 1;
    return done;
  }

  #isCut(place: string): boolean {
    const isCut = this.#cutOff.has(place);
    if (isCut) this.#counts.cut += 1;
    return isCut;
  }

  #at(moment: number, act: () => void): void {
    this.#agenda.enter(moment, act);
  }
}
