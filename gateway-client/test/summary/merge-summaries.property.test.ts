import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makePatientSummary, mergeSummaries } from '@emr-share/gateway-client';
import { allergy, bundle, coded, documentOf, medication } from './support.js';

const NAMES = ['Penicillin', 'Latex', 'Nuts', 'Warfarin 5 MG', 'Ibuprofen'];
const dayOf = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** A statement about an allergy or a medicine, true or ended. */
const statement = fc.record({
  isAllergy: fc.boolean(),
  name: fc.constantFrom(...NAMES),
  holds: fc.boolean(),
});

type Statement = typeof statement extends fc.Arbitrary<infer T> ? T : never;

function resourceOf({ isAllergy, name, holds }: Statement, day: number): object {
  if (!isAllergy) return medication(name, dayOf(day), holds ? 'active' : 'stopped');
  return allergy(name, dayOf(day), holds ? {} : { verificationStatus: coded('refuted') });
}

/** Records whose facts all have dates of their own, in the order of those dates. */
const records = fc.array(fc.array(statement, { minLength: 1, maxLength: 4 }), {
  minLength: 2,
  maxLength: 6,
});

function partsOf(statements: readonly (readonly Statement[])[]): unknown[] {
  let day = 10_000;
  return statements.map((some) => {
    const resources = some.map((one) => resourceOf(one, day++));
    const madeAt = new Date(day * 86_400_000);
    return documentOf(makePatientSummary([bundle(...resources)], { madeAt }));
  });
}

/** What holds after all statements, each of them true until the next about the same. */
function standing(statements: readonly (readonly Statement[])[]): string[] {
  const latest = new Map<string, Statement>();
  for (const one of statements.flat()) {
    latest.set(`${one.isAllergy ? 'allergy' : 'medicine'} ${one.name}`, one);
  }
  return [...latest].flatMap(([what, { holds }]) => (holds ? [what] : [])).sort();
}

describe('merging summaries', () => {
  it('leaves what was said last of each fact', () => {
    fc.assert(
      fc.property(records, (statements) => {
        const { sections } = mergeSummaries(partsOf(statements));
        const found = sections.flatMap(({ title, lines }) =>
          lines.map(({ text }) => `${title === 'Medication' ? 'medicine' : 'allergy'} ${text}`),
        );
        expect(found.sort()).toEqual(standing(statements));
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same bytes in whatever order the records were filed', () => {
    const shuffled = records.chain((statements) => {
      const parts = partsOf(statements);
      const options = { minLength: parts.length, maxLength: parts.length };
      return fc.tuple(fc.constant(parts), fc.shuffledSubarray(parts, options));
    });
    fc.assert(
      fc.property(shuffled, ([parts, other]) => {
        expect(mergeSummaries(other).bytes).toEqual(mergeSummaries(parts).bytes);
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same bytes at once and one after the other', () => {
    fc.assert(
      fc.property(records, fc.nat(), (statements, at) => {
        const parts = partsOf(statements);
        const cut = 1 + (at % (parts.length - 1));
        const before = documentOf(mergeSummaries(parts.slice(0, cut)));
        expect(mergeSummaries([before, ...parts.slice(cut)]).bytes).toEqual(
          mergeSummaries(parts).bytes,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('changes nothing where it is done again', () => {
    fc.assert(
      fc.property(records, (statements) => {
        const merged = mergeSummaries(partsOf(statements));
        const again = mergeSummaries([documentOf(merged), documentOf(merged)]);
        expect(again.bytes).toEqual(merged.bytes);
      }),
      { numRuns: 30 },
    );
  });
});
