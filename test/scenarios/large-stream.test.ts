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

async function digest(
  stream: AsyncIterable<Uint8Array>,
  onProgress?: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of stream) {
    hash.update(piece);
    bytes += piece.length;
    onProgress?.(bytes);
  }
  return hash.digest('hex');
}

function heldBytes(): number {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** Notes the most that is held, once every 64 MiB of progress: a collection takes its time. */
class Watch {
  peakBytes = 0;
  #nextBytes = 0;

  readonly onProgress = (bytes: number): void => {
    if (bytes < this.#nextBytes) return;
    this.#nextBytes = bytes + 64 * MIB;
    this.peakBytes = Math.max(this.peakBytes, heldBytes());
  };
}

describeOnEachBackend('a large record', (backend) => {
  it('is uploaded and fetched as a stream with constant memory, byte for byte', async () => {
    const patient = await newPatient(backend());
    const physician = await newPhysician(backend());
    const baseBytes = heldBytes();

    const upload = new Watch();
    const { record } = await physician.client.records.upload(generated(), {
      patient: patient.userId,
      category: 'medical-imaging',
      contentType: 'application/dicom',
      sizeBytes: SIZE_BYTES,
      onProgress: ({ bytes }) => {
        upload.onProgress(bytes);
      },
    });
    expect(record.info.sizeBytes).toBe(SIZE_BYTES);
    expect(upload.peakBytes).toBeGreaterThan(0);
    expect(upload.peakBytes - baseBytes).toBeLessThan(ALLOWED_GROWTH_BYTES);

    await patient.client.grants.create({
      grantee: physician.userId,
      categories: ['medical-imaging'],
      purposes: ['TREAT'],
      durationMs: 600_000,
    });
    const fetch = new Watch();
    const { content } = await physician.client.records.fetch(record.recordId, {
      purpose: 'TREAT',
    });
    expect(await digest(content, fetch.onProgress)).toBe(await digest(generated()));
    expect(fetch.peakBytes - baseBytes).toBeLessThan(ALLOWED_GROWTH_BYTES);
  });
});
