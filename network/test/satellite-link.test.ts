import { once } from 'node:events';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SATELLITE, SatelliteLink, SatelliteRelay, TERRESTRIAL } from '@emr-share/network';
import type { LinkTerms } from '@emr-share/network';

interface Arrival {
  readonly to: string;
  readonly packet: Uint8Array;
  readonly at: number;
}

/** A link, what has arrived over it, and a wait for the n-th arrival. */
function watchedLink(terms: LinkTerms, seed = 1) {
  const arrivals: Arrival[] = [];
  let wake = (): void => undefined;
  const link = new SatelliteLink({
    terms,
    seed,
    deliver: (to, packet) => {
      arrivals.push({ to, packet, at: performance.now() });
      wake();
    },
  });
  const arrived = async (count: number): Promise<readonly Arrival[]> => {
    while (arrivals.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return arrivals;
  };
  return { link, arrivals, arrived };
}

const packet = (number: number, bytes = 100): Uint8Array => new Uint8Array(bytes).fill(number);
/** Of its coins of 50 %, the first one says lost and the second one not. */
const LOST_THEN_NOT = 8;
const FAST: LinkTerms = { ...TERRESTRIAL, oneWayMs: 5 };

/** Waits until so many packets, repair packets among them, have arrived or are lost. */
async function ended(link: SatelliteLink, total: number): Promise<void> {
  const count = (): number => {
    const { delivered, repaired, repairs, lost } = link.counts;
    return delivered - repaired + repairs + lost;
  };
  while (count() < total) await new Promise((resolve) => setImmediate(resolve));
}

/** Which of 1000 packets get through. */
async function survivors(seed: number): Promise<number[]> {
  const { link, arrivals } = watchedLink({ ...TERRESTRIAL, loss: 0.1 }, seed);
  for (let i = 0; i < 1000; i += 1) link.send('a', 'b', Uint8Array.of(i >> 8, i & 255));
  await ended(link, 1000);
  return arrivals.map(({ packet: [high = 0, low = 0] }) => high * 256 + low);
}

describe('a satellite link', () => {
  it('delivers in order, never before the delay is over', async () => {
    const { link, arrived } = watchedLink({ ...FAST, oneWayMs: 40 });
    const sentAt = performance.now();
    for (let i = 0; i < 20; i += 1) link.send('a', 'b', packet(i));
    const arrivals = await arrived(20);
    expect(arrivals.map(({ packet: [first] }) => first)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
    for (const { at } of arrivals) expect(at - sentAt).toBeGreaterThanOrEqual(40);
  });

  it('loses the share that was asked for, and with the same seed the same packets', async () => {
    const first = await survivors(7);
    expect(first.length).toBeGreaterThan(850);
    expect(first.length).toBeLessThan(950);
    expect(await survivors(7)).toEqual(first);
    expect(await survivors(8)).not.toEqual(first);
  });

  it('takes the time that the bytes take at its rate, upwards and downwards', async () => {
    const terms = { ...FAST, oneWayMs: 0, bitsPerSecond: 800_000 };
    const { link, arrived } = watchedLink(terms);
    const sentAt = performance.now();
    // 20 packets of 1000 bytes at 100 bytes a millisecond; the last one also needs its way down.
    for (let i = 0; i < 20; i += 1) link.send('a', 'b', packet(i, 1000));
    const last = (await arrived(20)).at(-1)?.at ?? 0;
    expect(last - sentAt).toBeGreaterThanOrEqual(210);
    expect(last - sentAt).toBeLessThan(2_000);
  });

  it('gives every place a rate of its own', async () => {
    const { link, arrived } = watchedLink({ ...FAST, oneWayMs: 0, bitsPerSecond: 80_000 });
    for (let i = 0; i < 20; i += 1) link.send('a', 'b', packet(i, 100));
    link.send('c', 'd', packet(99, 100));
    const arrivals = await arrived(21);
    expect(arrivals.findIndex(({ to }) => to === 'd')).toBeLessThan(5);
  });

  it('drops what does not fit into the queue', () => {
    const terms = { ...FAST, bitsPerSecond: 8_000, queueBytes: 1_000 };
    const { link } = watchedLink(terms);
    for (let i = 0; i < 50; i += 1) link.send('a', 'b', packet(i, 100));
    expect(link.counts.dropped).toBe(40);
    link.close();
  });

  it('carries nothing to or from a place that is cut off, until it is restored', async () => {
    const { link, arrived } = watchedLink(FAST);
    link.cutOff('b');
    link.send('a', 'b', packet(1));
    link.send('b', 'a', packet(2));
    link.send('a', 'c', packet(3));
    await arrived(1);
    link.restore('b');
    link.send('a', 'b', packet(4));
    const arrivals = await arrived(2);
    expect(arrivals.map(({ packet: [first] }) => first)).toEqual([3, 4]);
    expect(link.counts).toMatchObject({ delivered: 2, cut: 2, lost: 0, dropped: 0 });
  });

  it('makes a lost packet of the others of its group and their repair packet', async () => {
    const { link, arrivals } = watchedLink({ ...FAST, loss: 0.05, repairEvery: 4 }, 3);
    for (let i = 0; i < 1000; i += 1) link.send('a', 'b', Uint8Array.of(i >> 8, i & 255));
    // 250 repair packets are lost or not, too.
    await ended(link, 1250);
    const { delivered, lost, repaired } = link.counts;
    expect(lost).toBeGreaterThan(40);
    expect(repaired).toBeGreaterThan(lost / 2);
    expect(delivered).toBe(arrivals.length);
    const numbers = arrivals.map(({ packet: [high = 0, low = 0] }) => high * 256 + low);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBeGreaterThan(985);
    expect(numbers.length).toBeLessThan(1000);
  });

  it('cannot make two packets of one group', async () => {
    const { link } = watchedLink({ ...FAST, loss: 0.999, repairEvery: 2 });
    link.send('a', 'b', packet(1));
    link.send('a', 'b', packet(2));
    await ended(link, 3);
    expect(link.counts).toMatchObject({ delivered: 0, repaired: 0, lost: 3 });
  });

  it('repairs a packet that nothing follows a moment later', async () => {
    const { link, arrived } = watchedLink({ ...FAST, loss: 0.5, repairEvery: 4 }, LOST_THEN_NOT);
    link.send('a', 'b', packet(7));
    const [first] = await arrived(1);
    expect(first?.packet).toEqual(packet(7));
    expect(link.counts).toMatchObject({ delivered: 1, lost: 1, repaired: 1 });
  });

  it('takes the time of the repair packets at its rate', async () => {
    const terms = { ...FAST, oneWayMs: 0, bitsPerSecond: 800_000, repairEvery: 1 };
    const { link, arrived } = watchedLink(terms);
    const sentAt = performance.now();
    // 40 packets of 1000 bytes at 100 bytes a millisecond go up; the last one repairs the last but one.
    for (let i = 0; i < 20; i += 1) link.send('a', 'b', packet(i, 1000));
    const last = (await arrived(20)).at(-1)?.at ?? 0;
    expect(last - sentAt).toBeGreaterThanOrEqual(390);
  });

  it('goes over to other terms while it runs', async () => {
    const { link, arrived } = watchedLink(TERRESTRIAL);
    link.send('a', 'b', packet(1));
    await arrived(1);
    link.setTerms({ ...SATELLITE, loss: 0, oneWayMs: 60 });
    const sentAt = performance.now();
    link.send('a', 'b', packet(2));
    const [, second] = await arrived(2);
    expect((second?.at ?? 0) - sentAt).toBeGreaterThanOrEqual(60);
  });
});

describe('the relay', () => {
  const sockets: Socket[] = [];

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function device(): Promise<{ socket: Socket; port: number }> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return { socket, port: socket.address().port };
  }

  /** An IPv4 header without options, and nothing behind it. */
  function ipPacket(to: readonly number[]): Uint8Array {
    const bytes = new Uint8Array(20);
    bytes[0] = 0x45;
    bytes.set(to, 16);
    return bytes;
  }

  it('takes an IP packet to the place that it is addressed to', async () => {
    const [a, b, c] = [await device(), await device(), await device()];
    await using relay = await SatelliteRelay.open({
      places: [
        { name: 'a', address: '10.78.0.1', port: a.port },
        { name: 'b', address: '10.78.0.2', port: b.port },
        { name: 'c', address: '10.78.0.3', port: c.port },
      ],
      terms: FAST,
      seed: 1,
    });
    const atB = once(b.socket, 'message');
    a.socket.send(ipPacket([10, 78, 0, 9]), relay.portOf('a'), '127.0.0.1');
    a.socket.send(Uint8Array.of(0x60, 1, 2, 3), relay.portOf('a'), '127.0.0.1');
    a.socket.send(ipPacket([10, 78, 0, 2]), relay.portOf('a'), '127.0.0.1');
    const [received] = (await atB) as [Buffer];
    expect(new Uint8Array(received)).toEqual(ipPacket([10, 78, 0, 2]));
    expect(relay.counts).toMatchObject({ delivered: 1, deliveredBytes: 20 });
  });
});
