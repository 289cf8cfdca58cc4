import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CATEGORIES,
  categoryScopeId,
  groupOf,
  groupScopeId,
  parseScopeId,
  recordScopeId,
  SCOPE_GROUPS,
  scopeGroupOf,
  ScopeId,
  SECURITY_LEVELS,
  UserId,
  validate,
} from '../src/index.js';

const userId = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]$/);
const recordId = fc.stringMatching(/^[0-9a-f]{32}$/);
const epoch = fc.nat({ max: 999_999 });

describe('scope IDs', () => {
  it('come apart into what they were made of', () => {
    fc.assert(
      fc.property(userId, fc.constantFrom(...CATEGORIES), epoch, (patient, category, number) => {
        expect(parseScopeId(categoryScopeId(patient, category, number))).toEqual({
          kind: 'category',
          patient,
          category,
          epoch: number,
        });
      }),
    );
    fc.assert(
      fc.property(userId, epoch, (patient, number) => {
        expect(parseScopeId(groupScopeId(patient, 'sealed', number))).toEqual({
          kind: 'sealed',
          patient,
          epoch: number,
        });
      }),
    );
    fc.assert(
      fc.property(userId, recordId, (patient, id) => {
        expect(parseScopeId(recordScopeId(patient, id))).toEqual({
          kind: 'record',
          patient,
          recordId: id,
        });
      }),
    );
  });

  it('name the group that they were made for', () => {
    fc.assert(
      fc.property(userId, fc.constantFrom(...SCOPE_GROUPS), epoch, (patient, group, number) => {
        const scope = parseScopeId(groupScopeId(patient, group, number));
        expect(scope.kind === 'record' ? null : groupOf(scope)).toBe(group);
      }),
    );
  });

  it('keep sealed records of every category away from the scope of the category', () => {
    for (const category of CATEGORIES) {
      for (const level of SECURITY_LEVELS) {
        const expected = level === 'sealed' ? 'sealed' : category;
        expect(scopeGroupOf(category, level)).toBe(expected);
      }
    }
  });

  it('are one text for one scope', () => {
    for (const text of [
      'alice/prescription/01',
      'alice/prescription/-1',
      'alice/prescription/1e3',
      'alice/prescription',
      'alice//0',
      'alice/record/0',
      'alice/unknown/0',
      'Alice/prescription/0',
      ' alice/prescription/0',
      'alice/prescription/0\n',
    ]) {
      expect(() => validate(ScopeId, text, 'scope')).toThrow('scope is not valid');
    }
  });

  it('keep user IDs free of separators', () => {
    for (const text of ['a/b', 'a~b', 'a\0b', 'ab', '-ab', 'ab-', 'aB1', 'x'.repeat(65), '']) {
      expect(() => validate(UserId, text, 'user ID')).toThrow('user ID is not valid');
    }
  });
});
