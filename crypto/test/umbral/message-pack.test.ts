import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  MessagePackReader,
  packArray,
  packBoolean,
  packBytes,
} from '../../src/umbral/message-pack.js';
import { codeOf } from './parties.js';

describe('canonical MessagePack', () => {
  it('encodes arrays, byte strings and booleans as the specification says', () => {
    expect(packArray(packBoolean(true), packBoolean(false))).toEqual(
      Uint8Array.of(0x92, 0xc3, 0xc2),
    );
    expect(packBytes(Uint8Array.of(7, 8))).toEqual(Uint8Array.of(0xc4, 2, 7, 8));
    const sixteen = packArray(...Array.from({ length: 16 }, () => packBoolean(true)));
    expect(sixteen.subarray(0, 4)).toEqual(Uint8Array.of(0xdc, 0, 16, 0xc3));
  });

  it('refuses to encode what bin8 cannot hold', () => {
    expect(() => packBytes(new Uint8Array(256))).toThrow(RangeError);
    expect(packBytes(new Uint8Array(255))).toHaveLength(257);
  });

  it('reads back what it wrote, and only that', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 255 }), { maxLength: 40 }),
        fc.boolean(),
        (items, flag) => {
          const packed = packArray(...items.map(packBytes), packBoolean(flag));
          const reader = new MessagePackReader(packed, 'object');
          reader.array(items.length + 1);
          for (const item of items) expect(reader.bytes(item.length)).toEqual(item);
          expect(reader.boolean()).toBe(flag);
          reader.end();

          const other = new MessagePackReader(packed, 'object');
          expect(
            codeOf(() => {
              other.array(items.length);
            }),
          ).toBe('ENCODING_INVALID');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses truncated strings, other booleans and trailing bytes', () => {
    const code = (data: number[], read: (reader: MessagePackReader) => void) =>
      codeOf(() => {
        read(new MessagePackReader(Uint8Array.from(data), 'object'));
      });
    expect(code([0xc4, 2, 7], (reader) => reader.bytes(2))).toBe('ENCODING_INVALID');
    expect(code([0xc4], (reader) => reader.bytes(2))).toBe('ENCODING_INVALID');
    expect(code([1], (reader) => reader.boolean())).toBe('ENCODING_INVALID');
    expect(code([], (reader) => reader.boolean())).toBe('ENCODING_INVALID');
    expect(
      code([0xc3, 0], (reader) => {
        reader.boolean();
        reader.end();
      }),
    ).toBe('ENCODING_INVALID');
  });

  it('gives out copies', () => {
    const packed = packBytes(Uint8Array.of(1, 2, 3));
    const read = new MessagePackReader(packed, 'object').bytes(3);
    packed.fill(0);
    expect(read).toEqual(Uint8Array.of(1, 2, 3));
  });
});
