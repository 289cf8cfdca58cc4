import { describe, expect, it } from '@jest/globals';
import { EmrError } from '@emr-share/model';
import { whileBehind } from '../src/retry.js';
import { codeOf } from './support/refusal.js';

const behind = (): EmrError => new EmrError('TICKET_NOT_FOUND', { ticketId: '0'.repeat(32) });
const { signal } = new AbortController();

describe('whileBehind', () => {
  it('asks again until the peer has caught up', async () => {
    let asked = 0;
    const answer = await whileBehind(['TICKET_NOT_FOUND'], signal, () => {
      asked += 1;
      return asked < 3 ? Promise.reject(behind()) : Promise.resolve('there');
    });
    expect([answer, asked]).toEqual(['there', 3]);
  });

  it('does not repeat any other refusal, nor an error of another kind', async () => {
    for (const error of [new EmrError('GRANT_EXISTS', { grantId: 'a' }), new TypeError('bug')]) {
      let asked = 0;
      const call = whileBehind(['TICKET_NOT_FOUND'], signal, () => {
        asked += 1;
        return Promise.reject(error);
      });
      await expect(call).rejects.toBe(error);
      expect(asked).toBe(1);
    }
  });

  it('gives up after some seconds with the last refusal', async () => {
    let asked = 0;
    const code = await codeOf(() =>
      whileBehind(['TICKET_NOT_FOUND'], signal, () => {
        asked += 1;
        return Promise.reject(behind());
      }),
    );
    expect([code, asked]).toEqual(['TICKET_NOT_FOUND', 7]);
  });

  it('ends at an abort with its reason, whatever that is', async () => {
    for (const reason of [new Error('stop'), 'stop']) {
      const controller = new AbortController();
      const call = whileBehind(['TICKET_NOT_FOUND'], controller.signal, () => {
        setTimeout(() => {
          controller.abort(reason);
        });
        return Promise.reject(behind());
      });
      await expect(call).rejects.toBe(reason);
    }
  });
});
