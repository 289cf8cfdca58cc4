/**
 * A large record goes through in constant memory, both ways.
 */
import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { describeOnEachBackend } from '../support/backends.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { newPatient, newPhysician } from '../support/people.js';

const MIB = 1 << 20;
const SIZE_BYTES = 256 * MIB;
/** What may be in flight: pieces, chunks, blocks. */
const ALLOWED_GROWTH_BYTES = 64 * MIB;

/** Pieces of one buffer each, all different, none kept. */
async function* generated(): AsyncGenerator<Uint8Array, void, void> {
  for (let i = 0; i < SIZE_BYTES / MIB; i++) {
    const piece = Buffer.alloc(MIB, i & 0xff);
    piece.writeUInt32BE(i);
    yield await Promise.resolve(piece);
  }
}

async function digest(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of stream) hash.update(piece);
  return hash.digest('hex');
}

function heldBytes(): number {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** The most that is held, in buffers and on the heap, while `run` runs. */
async function peakOf<T>(run: () => Promise<T>): Promise<{ result: T; peakBytes: number }> {
  let peakBytes = 0;
  const sample = setInterval(() => {
    peakBytes = Math.max(peakBytes, heldBytes());
  }, 100);
  try {
    const result = await run();
    return { result, peakBytes };
  } finally {
    clearInterval(sample);
  }
}

describeOnEachBackend('a large record', (backend) => {
  it('is uploaded and fetched as a stream with constant memory, byte for byte', async () => {
    const patient = await newPatient(backend());
    const physician = await newPhysician(backend());
    const baseBytes = heldBytes();

    const uploaded = await peakOf(() =>
      physician.client.records.upload(generated(), {
        patient: patient.userId,
        category: 'medical-imaging',
        contentType: 'application/dicom',
        sizeBytes: SIZE_BYTES,
      }),
    );
    const { record } = uploaded.result;
    expect(record.info.sizeBytes).toBe(SIZE_BYTES);
    expect(uploaded.peakBytes - baseBytes).toBeLessThan(ALLOWED_GROWTH_BYTES);

    await patient.client.grants.create({
      grantee: physician.userId,
      categories: ['medical-imaging'],
      purposes: ['TREAT'],
      durationMs: 600_000,
    });
    const fetched = await peakOf(async () => {
      const { content } = await physician.client.records.fetch(record.recordId, {
        purpose: 'TREAT',
      });
      return digest(content);
    });
    expect(fetched.result).toBe(await digest(generated()));
    expect(fetched.peakBytes - baseBytes).toBeLessThan(ALLOWED_GROWTH_BYTES);
  }, 120_000);
});
