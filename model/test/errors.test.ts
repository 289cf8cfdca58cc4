import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeWireError,
  describeError,
  EmrError,
  encodeWireError,
  ERROR_CODES,
} from '../src/index.js';

const revoked = new EmrError('GRANT_REVOKED', { grantId: 'ab', revokedAt: 0 });

describe('EmrError', () => {
  it('says what happened and keeps the fields', () => {
    expect(revoked.message).toBe('grant ab was revoked at 1970-01-01T00:00:00.000Z');
    expect(revoked.details).toEqual({ grantId: 'ab', revokedAt: 0 });
  });

  it('narrows by code', () => {
    expect(EmrError.is(revoked, 'GRANT_REVOKED')).toBe(true);
    expect(EmrError.is(revoked, 'GRANT_EXPIRED')).toBe(false);
    expect(EmrError.is(new Error('GRANT_REVOKED'), 'GRANT_REVOKED')).toBe(false);
  });

  it('keeps its cause', () => {
    const cause = new Error('socket closed');
    expect(new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'x' }, { cause }).cause).toBe(cause);
  });
});

describe('the wire form', () => {
  it('survives the trip through a peer that wraps the message', () => {
    const text = `chaincode response 500, ${encodeWireError(revoked)}`;
    const decoded = decodeWireError(text);
    expect(decoded?.code).toBe('GRANT_REVOKED');
    expect(decoded?.details).toEqual(revoked.details);
    expect(decoded?.message).toBe(revoked.message);
  });

  it('is null for messages that are not ours', () => {
    for (const text of [
      '',
      'plain message: no consent',
      'EMR/NO_SUCH_CODE {}',
      'EMR/GRANT_REVOKED {"grantId":',
      'EMR/GRANT_REVOKED',
      'EMR/__proto__ {}',
      'EMR/constructor {}',
    ]) {
      expect(decodeWireError(text)).toBeNull();
    }
  });

  it('never throws, whatever an endorser sends', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ERROR_CODES), fc.jsonValue(), (code, details) => {
        const decoded = decodeWireError(`EMR/${code} ${JSON.stringify(details)}`);
        expect(decoded === null || decoded.code === code).toBe(true);
      }),
    );
  });
});

describe('every code', () => {
  it.each(ERROR_CODES)('%s has one line that says something of its fields', (code) => {
    const read: PropertyKey[] = [];
    const details = new Proxy(
      {},
      {
        get: (_target, field) => {
          read.push(field);
          return 7;
        },
      },
    );
    const sentence = describeError(code, details as never);
    expect(code).toMatch(/^[A-Z][A-Z_]*[A-Z]$/);
    expect(sentence).toMatch(/^[^\n]{15,}[^.]$/);
    expect(read.length > 0 || code === 'INTERNAL').toBe(true);
  });
});
