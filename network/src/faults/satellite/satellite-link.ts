/**
 * A satellite in user space: every place sends up to it and receives from it, through lines of its
 * own. It knows packets by their length and where they are bound, nothing else.
 *
 * Not modelled: rain fade and other bursts of loss, the jitter of access to a shared carrier, the
 * proxies that satellite operators put between ends of a TCP connection, and the few bytes by which
 * routers number packets that they repair.
 *
 * @module
 */
import { Agenda } from './agenda.js';
import { Line } from './line.js';
import type { LinkTerms } from './link-terms.js';
import { type RepairGroup, RepairGroups, type Sent } from './repair-groups.js';
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
  /** Lost, and made of what arrived with a repair packet; among those delivered. */
  readonly repaired: number;
  /** Repair packets that arrived, needed or not. */
  readonly repairs: number;
  /** Because a queue was full. */
  readonly dropped: number;
  /** Because one of their ends was cut off. */
  readonly cut: number;
}

export class SatelliteLink {
  readonly #deliver: SatelliteLinkOptions['deliver'];
  readonly #coin: (probability: number) => boolean;
  readonly #agenda = new Agenda();
  readonly #up = new Map<string, Line>();
  readonly #down = new Map<string, Line>();
  readonly #cutOff = new Set<string>();
  readonly #groups: RepairGroups;
  readonly #counts = {
    delivered: 0,
    deliveredBytes: 0,
    lost: 0,
    repaired: 0,
    repairs: 0,
    dropped: 0,
    cut: 0,
  };
  #terms: LinkTerms;

  constructor({ terms, seed, deliver }: SatelliteLinkOptions) {
    this.#terms = terms;
    this.#coin = seededCoin(seed);
    this.#deliver = deliver;
    this.#groups = new RepairGroups((group) => {
      this.#sendRepair(group);
    });
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
    const sent: Sent = { packet, isThere: false };
    this.#carry({ from, to, bytes: packet.length }, () => {
      this.#handOut(to, sent);
    });
    const { repairEvery } = this.#terms;
    if (repairEvery > 0) this.#groups.add({ from, to }, sent, repairEvery);
  }

  /** Drops what is under way. */
  close(): void {
    this.#groups.clear();
    this.#agenda.clear();
  }

  /** Makes the one packet of the group that is missing; of two, neither can be made. */
  #sendRepair({ from, to, members }: RepairGroup): void {
    if (this.#isCut(from)) return;
    const bytes = Math.max(...members.map(({ packet }) => packet.length));
    this.#carry({ from, to, bytes }, () => {
      this.#counts.repairs += 1;
      const [missing, ...others] = members.filter(({ isThere }) => !isThere);
      if (missing === undefined || others.length > 0) return;
      this.#counts.repaired += 1;
      this.#handOut(to, missing);
    });
  }

  #handOut(to: string, sent: Sent): void {
    sent.isThere = true;
    this.#counts.delivered += 1;
    this.#counts.deliveredBytes += sent.packet.length;
    this.#deliver(to, sent.packet);
  }

  /** Up, over and down, unless it gets lost on the way. */
  #carry({ from, to, bytes }: { from: string; to: string; bytes: number }, act: () => void): void {
    const { oneWayMs, loss } = this.#terms;
    const leaves = this.#take(this.#up, from, bytes);
    if (leaves === null) return;
    if (this.#coin(loss)) {
      this.#counts.lost += 1;
      return;
    }
    this.#at(leaves + oneWayMs, () => {
      if (this.#isCut(to)) return;
      const arrives = this.#take(this.#down, to, bytes);
      if (arrives !== null) this.#at(arrives, act);
    });
  }

  #take(lines: Map<string, Line>, place: string, bytes: number): number | null {
    const line = lines.get(place) ?? new Line();
    lines.set(place, line);
    const done = line.take(bytes, performance.now(), this.#terms);
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
