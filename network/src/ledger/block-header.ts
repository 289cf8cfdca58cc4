import { createHash } from 'node:crypto';

/** What stands at the beginning of a block. */
export interface BlockHeader {
  number: number;
  /** SHA-256 over the header in ASN.1 DER, as hex: what the next block refers to. */
  hash: string;
}

const VARINT = 0;
const BYTES = 2;
const TAG = { integer: 0x02, octets: 0x04, sequence: 0x30 } as const;

/** Fields of a protocol buffers message that has numbers and byte strings only. */
class Fields {
  readonly numbers = new Map<number, bigint>();
  readonly bytes = new Map<number, Uint8Array>();
  readonly #message: Uint8Array;
  #at = 0;

  /** @param count - how many fields to read; what follows them is left alone */
  constructor(message: Uint8Array, count = Number.POSITIVE_INFINITY) {
    this.#message = message;
    for (let i = 0; i < count && this.#at < message.length; i++) this.#field();
  }

  #field(): void {
    const key = Number(this.#varint());
    const [field, type] = [key >>> 3, key & 7];
    if (type === VARINT) this.numbers.set(field, this.#varint());
    else if (type === BYTES) this.bytes.set(field, this.#slice(Number(this.#varint())));
    else throw new RangeError(`field ${String(field)} has type ${String(type)}`);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const [byte] = this.#slice(1);
      value |= BigInt((byte ?? 0) & 0x7f) << shift;
      if (((byte ?? 0) & 0x80) === 0) return value;
    }
    throw new RangeError('a number does not end');
  }

  #slice(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#message.length) throw new RangeError('it ends too early');
    const slice = this.#message.subarray(this.#at, end);
    this.#at = end;
    return slice;
  }
}

function der(tag: number, content: Uint8Array): Buffer {
  if (content.length >= 0x80) throw new RangeError('longer than a block header can be');
  return Buffer.concat([Uint8Array.of(tag, content.length), content]);
}

/** Shortest two's complement, with a zero byte where the number would look negative. */
function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const looksNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return der(TAG.integer, looksNegative ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes);
}

/**
 * Reads the header of a serialized `common.Block` and computes its hash, as
 * `protoutil.BlockHeaderHash` of Fabric does.
 *
 * @throws RangeError where it is no block
 */
export function blockHeader(block: Uint8Array): BlockHeader {
  const header = new Fields(block, 1).bytes.get(1);
  if (header === undefined) throw new RangeError('it has no header');
  const { numbers, bytes } = new Fields(header);
  const number = numbers.get(1) ?? 0n;
  const [previous, data] = [2, 3].map((field) => bytes.get(field) ?? new Uint8Array());
  const content = Buffer.concat([
    derInteger(number),
    der(TAG.octets, previous ?? new Uint8Array()),
    der(TAG.octets, data ?? new Uint8Array()),
  ]);
  const hash = createHash('sha256').update(der(TAG.sequence, content)).digest('hex');
  return { number: Number(number), hash };
}
