/** A packet that is under way. */
export interface Sent {
  readonly packet: Uint8Array;
  isThere: boolean;
}

/** Packets from one place to another of which one can be made of the others and a repair packet. */
export interface RepairGroup {
  readonly from: string;
  readonly to: string;
  /** At least one. */
  readonly members: Sent[];
}

interface OpenGroup extends RepairGroup {
  readonly timer: NodeJS.Timeout;
}

/** A packet that nothing follows waits no longer for its repair packet. */
const CLOSES_AFTER_MS = 5;

/** Which packets share a repair packet: those that follow each other closely. */
export class RepairGroups {
  readonly #complete: (group: RepairGroup) => void;
  readonly #open = new Map<string, OpenGroup>();

  /** @param complete - gets each group once nothing is added to it any more */
  constructor(complete: (group: RepairGroup) => void) {
    this.#complete = complete;
  }

  /** Adds a packet that has just been sent; `most` make a group. */
  add({ from, to }: { from: string; to: string }, sent: Sent, most: number): void {
    const key = `${from} ${to}`;
    const group = this.#open.get(key) ?? this.#opened(key, from, to);
    group.members.push(sent);
    if (group.members.length >= most) this.#close(key);
  }

  /** Forgets what is open. */
  clear(): void {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  #opened(key: string, from: string, to: string): OpenGroup {
    const timer = setTimeout(() => {
      this.#close(key);
    }, CLOSES_AFTER_MS);
    const group: OpenGroup = { from, to, members: [], timer };
    this.#open.set(key, group);
    return group;
  }

  #close(key: string): void {
    const group = this.#open.get(key);
    if (group === undefined) return;
    clearTimeout(group.timer);
    this.#open.delete(key);
    this.#complete(group);
  }
}
