import { describe, expect, it } from '@jest/globals';
import { equalBytes } from '../../src/bytes.js';
import type { GroupBackend } from '../../src/group/group-backend.js';
import {
  Capsule,
  CapsuleFrag,
  KeyFrag,
  PublicKey,
  ReencryptionEvidence,
  SecretKey,
  Signature,
  decryptOriginal,
  decryptReencrypted,
} from '../../src/umbral/index.js';
import { backends } from '../group/backends.js';
import { codeOf, tellStory } from './parties.js';

/** Every byte in turn: all its bits with SLOW=1; else two of them, by turns; on noble, one. */
function* alterationsOf(data: Uint8Array, backend: GroupBackend): Generator<Uint8Array> {
  const fewer = backend.name === 'native' ? 2 : 1;
  const bitCount = process.env['SLOW'] === '1' ? 8 : fewer;
  for (let i = 0; i < data.length; i += 1) {
    for (let turn = 0; turn < bitCount; turn += 1) {
      const bit = (i + 3 * turn) % 8;
      const altered = Uint8Array.from(data);
      altered[i]! ^= 1 << bit;
      yield altered;
    }
  }
}

describe.each(backends)('one flipped bit, on %s,', (name, backend) => {
  const story = tellStory(backend, `tampering ${name}`);
  const { options, capsule, ciphertext, cfrags } = story;
  const keys = [story.verifyingPk, story.delegatingPk, story.receivingPk] as const;

  /** Runs `use` on every alteration and returns how many it let through. */
  const accepted = (data: Uint8Array, use: (altered: Uint8Array) => unknown) => {
    let count = 0;
    for (const altered of alterationsOf(data, backend)) {
      if (codeOf(() => use(altered)) === null) count += 1;
    }
    return count;
  };

  it('spoils a capsule, in both forms', () => {
    expect(accepted(capsule.toBytes(), (data) => Capsule.fromBytes(data, options))).toBe(0);
    expect(
      accepted(capsule.toBytesSimple(), (data) => Capsule.fromBytesSimple(data, options)),
    ).toBe(0);
  });

  it('spoils a ciphertext', () => {
    expect(
      accepted(ciphertext, (data) => decryptOriginal(story.delegatingSk, capsule, data, options)),
    ).toBe(0);
  });

  it('spoils a kfrag that signs both keys', () => {
    const bytes = story.kfrags[0]!.toBytes();
    expect(
      accepted(bytes, (data) => KeyFrag.fromBytes(data, options).verify(...keys, options)),
    ).toBe(0);
  });

  it('spoils a cfrag, in both forms', () => {
    const cfrag = cfrags[0]!;
    expect(
      accepted(cfrag.toBytes(), (data) =>
        CapsuleFrag.fromBytes(data, options).verify(capsule, ...keys, options),
      ),
    ).toBe(0);
    expect(
      accepted(cfrag.toBytesSimple(), (data) =>
        CapsuleFrag.fromBytesSimple(data, options).verify(capsule, ...keys, options),
      ),
    ).toBe(0);
  });

  it('spoils a signature', () => {
    const message = Uint8Array.of(1, 2, 3);
    const signature = story.signer.sign(message, options);
    const use = (decoded: Signature) => {
      if (!decoded.verify(story.verifyingPk, message, options)) {
        throw Object.assign(new Error('not verified'), { code: 'refused' });
      }
    };
    expect(
      accepted(signature.toBEBytes(), (data) => {
        use(Signature.fromBEBytes(data));
      }),
    ).toBe(0);
    expect(
      accepted(signature.toDerBytes(), (data) => {
        use(Signature.fromDerBytes(data));
      }),
    ).toBe(0);
  });

  it('makes another key of a secret or public key, which opens nothing', () => {
    expect(
      accepted(story.delegatingSk.toBEBytes(), (data) =>
        decryptOriginal(SecretKey.fromBEBytes(data), capsule, ciphertext, options),
      ),
    ).toBe(0);
    expect(
      accepted(story.delegatingPk.toCompressedBytes(), (data) =>
        decryptReencrypted(
          story.receivingSk,
          PublicKey.fromCompressedBytes(data, options),
          capsule,
          cfrags,
          ciphertext,
          options,
        ),
      ),
    ).toBe(0);
  });

  it('shows in evidence: it does not decode, or is the evidence of something else', () => {
    const evidence = new ReencryptionEvidence(capsule, cfrags[0]!, ...keys, options).toBytes();
    const unchanged = accepted(evidence, (data) => {
      const decoded = ReencryptionEvidence.fromBytes(data, options).toBytes();
      if (!equalBytes(decoded, evidence)) {
        throw Object.assign(new Error('of something else'), { code: 'refused' });
      }
    });
    expect(unchanged).toBe(0);
  });

  it('is found by the delegatee even in a cfrag whose check was skipped', () => {
    const simple = cfrags[0]!.toBytesSimple();
    // Where E1, V1 and the kfrag ID stand; the rest is proof, which opening does not look at.
    for (const offset of [1, 20, 34, 60, 66, 97]) {
      const altered = Uint8Array.from(simple);
      altered[offset]! ^= 1;
      const code = codeOf(() =>
        decryptReencrypted(
          story.receivingSk,
          story.delegatingPk,
          capsule,
          [CapsuleFrag.fromBytesSimple(altered, options).skipVerification(), cfrags[1]!],
          ciphertext,
          options,
        ),
      );
      expect(['CFRAGS_INSUFFICIENT', 'POINT_INVALID']).toContain(code);
    }
  });
});
