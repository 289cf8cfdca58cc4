/**
 * The little of FHIR R4 that a patient summary reads. Fields beyond these are left alone.
 *
 * @module
 * @see https://hl7.org/fhir/R4
 */
import * as v from 'valibot';

const MAX_TEXT = 2_000;
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const dateTime = v.pipe(
  v.string(),
  v.regex(/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?$/),
  v.check((moment) => !Number.isNaN(Date.parse(moment)), 'a date of the calendar'),
);

const Coding = v.object({
  system: v.optional(text),
  code: v.optional(text),
  display: v.optional(text),
});
export const CodeableConcept = v.object({
  coding: v.optional(v.array(Coding)),
  text: v.optional(text),
});
export type CodeableConcept = v.InferOutput<typeof CodeableConcept>;

const Quantity = v.object({
  value: v.optional(v.number()),
  unit: v.optional(text),
  system: v.optional(text),
  code: v.optional(text),
});

/** Who it is about. */
export const Patient = v.object({
  resourceType: v.literal('Patient'),
  name: v.optional(
    v.array(v.object({ family: v.optional(text), given: v.optional(v.array(text)) })),
  ),
  gender: v.optional(v.picklist(['male', 'female', 'other', 'unknown'])),
  birthDate: v.optional(dateTime),
});
export type Patient = v.InferOutput<typeof Patient>;

export const AllergyIntolerance = v.object({
  resourceType: v.literal('AllergyIntolerance'),
  clinicalStatus: v.optional(CodeableConcept),
  verificationStatus: v.optional(CodeableConcept),
  type: v.optional(v.picklist(['allergy', 'intolerance'])),
  category: v.optional(v.array(text)),
  criticality: v.optional(v.picklist(['low', 'high', 'unable-to-assess'])),
  code: CodeableConcept,
  recordedDate: v.optional(dateTime),
  reaction: v.optional(
    v.array(
      v.object({
        manifestation: v.array(CodeableConcept),
        severity: v.optional(v.picklist(['mild', 'moderate', 'severe'])),
      }),
    ),
  ),
});

export const Condition = v.object({
  resourceType: v.literal('Condition'),
  clinicalStatus: v.optional(CodeableConcept),
  verificationStatus: v.optional(CodeableConcept),
  severity: v.optional(CodeableConcept),
  code: CodeableConcept,
  onsetDateTime: v.optional(dateTime),
  recordedDate: v.optional(dateTime),
});

const Dosage = v.object({
  text: v.optional(text),
  asNeededBoolean: v.optional(v.boolean()),
  timing: v.optional(
    v.object({
      repeat: v.optional(
        v.object({
          frequency: v.optional(v.number()),
          period: v.optional(v.number()),
          periodUnit: v.optional(text),
        }),
      ),
    }),
  ),
  doseAndRate: v.optional(v.array(v.object({ doseQuantity: v.optional(Quantity) }))),
});

export const MedicationRequest = v.object({
  resourceType: v.literal('MedicationRequest'),
  status: text,
  intent: text,
  medicationCodeableConcept: CodeableConcept,
  authoredOn: v.optional(dateTime),
  dosageInstruction: v.optional(v.array(Dosage)),
});

export const MedicationStatement = v.object({
  resourceType: v.literal('MedicationStatement'),
  status: text,
  medicationCodeableConcept: CodeableConcept,
  effectiveDateTime: v.optional(dateTime),
  dosage: v.optional(v.array(Dosage)),
});

export const Observation = v.object({
  resourceType: v.literal('Observation'),
  status: text,
  code: CodeableConcept,
  effectiveDateTime: v.optional(dateTime),
  valueCodeableConcept: v.optional(CodeableConcept),
  valueString: v.optional(text),
});

export const Device = v.object({
  resourceType: v.literal('Device'),
  status: v.optional(text),
  type: v.optional(CodeableConcept),
  deviceName: v.optional(v.array(v.object({ name: text, type: text }))),
  manufacturer: v.optional(text),
  modelNumber: v.optional(text),
});

export const Consent = v.object({
  resourceType: v.literal('Consent'),
  status: text,
  scope: CodeableConcept,
  category: v.array(CodeableConcept),
  dateTime: v.optional(dateTime),
  provision: v.optional(
    v.object({
      type: v.optional(v.picklist(['deny', 'permit'])),
      code: v.optional(v.array(CodeableConcept)),
    }),
  ),
});

/** What a record may hold: a Bundle of resources, or one resource. */
export const Content = v.looseObject({ resourceType: text });
export const Bundle = v.object({
  resourceType: v.literal('Bundle'),
  timestamp: v.optional(dateTime),
  entry: v.optional(v.array(v.object({ resource: v.optional(v.unknown()) }))),
});

/** When a Bundle says that it was made, in milliseconds; 0 where it does not say. */
export function madeAtOf(content: unknown): number {
  const bundle = v.safeParse(Bundle, content);
  const timestamp = bundle.success ? bundle.output.timestamp : undefined;
  return timestamp === undefined ? 0 : Date.parse(timestamp);
}

/** Whether any coding of the concept has that code. */
export function hasCode(
  concept: CodeableConcept | undefined,
  codes: readonly string[],
  system?: string,
): boolean {
  return (concept?.coding ?? []).some(
    (coding) =>
      codes.includes(coding.code ?? '') && (system === undefined || coding.system === system),
  );
}

/** What people call it. */
export function labelOf(concept: CodeableConcept | undefined): string {
  const [first] = concept?.coding ?? [];
  return concept?.text ?? first?.display ?? first?.code ?? 'not named';
}
