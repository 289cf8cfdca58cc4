import { describe, expect, it } from '@jest/globals';
import { EmrError } from '@emr-share/model';
import { Narrator } from '../../src/demo/narrator.js';
import { Steps } from '../../src/demo/steps.js';
import { Output } from '../../src/output/output.js';
import { captureHost } from '../support/capture.js';

const denial = (): EmrError => new EmrError('ACCESS_DENIED', { recordId: '0'.repeat(32) });
const refusal = {
  name: 'asks without a grant',
  actor: 'Dr. Weber',
  code: 'ACCESS_DENIED',
  proof: 'Nobody is let in.',
} as const;

function steps(): { steps: Steps; text: () => string } {
  const { host, ended } = captureHost();
  const narrator = new Narrator(host, new Output(host, { json: false, color: true }));
  return { steps: new Steps(narrator, host.signal), text: () => ended(0).stdout };
}

describe('Steps', () => {
  it('reports and tells what succeeded', async () => {
    const { steps: story, text } = steps();
    const act = () => Promise.resolve({ value: 7, proof: 'It is done.' });
    await expect(story.ok('does it', 'Ana', act)).resolves.toBe(7);
    expect(story.reports).toEqual([
      { name: 'does it', actor: 'Ana', outcome: 'ok', ms: expect.any(Number) },
    ]);
    expect(text()).toMatch(/^ {2}1\. Ana: does it\n {5}ok \(\d+ ms\)\n {5}It is done\.\n$/);
  });

  it('reports and tells what was refused as it must be', async () => {
    const { steps: story, text } = steps();
    await story.denied(refusal, () => Promise.reject(denial()));
    expect(story.reports).toMatchObject([{ outcome: 'denied', code: 'ACCESS_DENIED' }]);
    expect(text()).toContain('denied ACCESS_DENIED');
  });

  it('fails where nothing is refused', async () => {
    const { steps: story, text } = steps();
    await expect(story.denied(refusal, () => Promise.resolve())).rejects.toMatchObject({
      code: 'DEMO_FAILED',
      message: expect.stringContaining('was not refused'),
    });
    expect(story.reports).toMatchObject([{ outcome: 'ok' }]);
    expect(text()).not.toContain(refusal.proof);
  });

  it('fails where it is refused for another reason', async () => {
    const { steps: story } = steps();
    const other = new EmrError('GRANT_EXPIRED', { grantId: '0'.repeat(32), notAfter: 0 });
    await expect(story.denied(refusal, () => Promise.reject(other))).rejects.toMatchObject({
      code: 'DEMO_FAILED',
      message: expect.stringMatching(/with ACCESS_DENIED, but ended with GRANT_EXPIRED/),
    });
    expect(story.reports).toMatchObject([{ outcome: 'denied', code: 'GRANT_EXPIRED' }]);
  });

  it('fails, and reports it, where what must succeed does not', async () => {
    const { steps: story } = steps();
    const act = () => Promise.reject(new TypeError('broken'));
    await expect(story.ok('does it', 'Ana', act)).rejects.toMatchObject({ code: 'DEMO_FAILED' });
    expect(story.reports).toMatchObject([{ outcome: 'denied', code: 'INTERNAL' }]);
  });
});
