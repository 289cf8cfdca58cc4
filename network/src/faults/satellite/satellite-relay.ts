/**
 * The satellite between network namespaces: IP packets of every place come in UDP datagrams from the
 * place's TUN device, and go out to the one that they are addressed to.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { LinkTerms } from './link-terms.js';
import { type LinkCounts, SatelliteLink } from './satellite-link.js';

/** Somewhere on earth. */
export interface Place {
  readonly name: string;
  /** Its IPv4 address: packets to it are delivered here. */
  readonly address: string;
  /** Loopback port at which the other end of its TUN device listens. */
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';
const VERSION_4 = 4;
const DESTINATION_AT = 16;
const HEADER_BYTES = 20;
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Destination of an IPv4 packet, or `null` for anything else. */
export function destinationOf(packet: Uint8Array): string | null {
  const [first = 0] = packet;
  if (packet.length < HEADER_BYTES || first >> 4 !== VERSION_4) return null;
  return packet.subarray(DESTINATION_AT, HEADER_BYTES).join('.');
}

export interface SatelliteRelayOptions {
  readonly places: readonly Place[];
  readonly terms: LinkTerms;
  readonly seed: number;
}

export class SatelliteRelay implements AsyncDisposable {
  readonly #sockets: ReadonlyMap<string, Socket>;
  readonly #link: SatelliteLink;

  private constructor(sockets: ReadonlyMap<string, Socket>, options: SatelliteRelayOptions) {
    const { places, terms, seed } = options;
    this.#sockets = sockets;
    const ports = new Map(places.map(({ name, port }) => [name, port]));
    this.#link = new SatelliteLink({
      terms,
      seed,
      deliver: (to, packet) => {
        sockets.get(to)?.send(packet, ports.get(to) ?? 0, LOOPBACK);
      },
    });
    const named = new Map(places.map(({ name, address }) => [address, name]));
    for (const [from, socket] of sockets) {
      socket.on('message', (packet) => {
        const to = named.get(destinationOf(packet) ?? '');
        if (to !== undefined) this.#link.send(from, to, packet);
      });
      // The other end of a device that is gone: what was sent to it is lost.
      socket.on('error', () => undefined);
    }
  }

  /** Listens on a loopback port for every place. */
  static async open(options: SatelliteRelayOptions): Promise<SatelliteRelay> {
    const sockets = new Map<string, Socket>();
    for (const { name } of options.places) {
      const socket = createSocket({ type: 'udp4' });
      sockets.set(name, socket);
      socket.bind(0, LOOPBACK);
      await once(socket, 'listening');
      socket.setRecvBufferSize(BUFFER_BYTES);
      socket.setSendBufferSize(BUFFER_BYTES);
    }
    return new SatelliteRelay(sockets, options);
  }

  get counts(): LinkCounts {
    return this.#link.counts;
  }

  /** Loopback port to which the place's packets go. */
  portOf(place: string): number {
    const socket = this.#sockets.get(place);
    if (socket === undefined) throw new TypeError(`no place ${place}`);
    return socket.address().port;
  }

  setTerms(terms: LinkTerms): void {
    this.#link.setTerms(terms);
  }

  cutOff(place: string): void {
    this.#link.cutOff(place);
  }

  restore(place: string): void {
    this.#link.restore(place);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.close();
    await Promise.all(
      [...this.#sockets.values()].map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.close(resolve);
          }),
      ),
    );
  }
}
