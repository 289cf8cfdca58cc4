/**
 * The facts that FHIR contents hold: read one by one, and of each fact the latest entry.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import * as v from 'valibot';
import { Bundle, Content, Patient } from './fhir.js';
import { SECTIONS, type SectionItem, type SectionKind } from './sections.js';

/** A resource that could not be read, and is not in the summary. */
export interface SkippedResource {
  /** Number of the record in the input, from 0, and of the resource in it. */
  readonly record: number;
  readonly entry: number;
  readonly resourceType: string;
  /** Which fields are wrong; never what they hold. */
  readonly problem: string;
}

/** What contents say of one patient. */
export interface Facts {
  /** Of the last content that has a sound one. */
  readonly patient: Patient | null;
  readonly sections: readonly SectionFacts[];
  readonly skipped: readonly SkippedResource[];
}

export interface SectionFacts {
  readonly kind: SectionKind;
  /** The latest entry of each fact that holds; urgent ones first, then the latest. */
  readonly current: readonly SectionItem[];
  /** The latest entry of each fact that has ended or was never true. It removes earlier entries. */
  readonly ended: readonly SectionItem[];
}

interface Located {
  readonly record: number;
  readonly entry: number;
  readonly resourceType: string;
  readonly resource: unknown;
}

/**
 * Reads contents. Where entries of a fact have the same date, the one of the later content stands.
 *
 * @param contents - Parsed JSON: FHIR R4 Bundles, or single resources.
 * @throws EmrError `INPUT_INVALID` where a content is no FHIR resource.
 */
export function readFacts(contents: readonly unknown[]): Facts {
  const resources = contents.flatMap(resourcesOf);
  const skipped: SkippedResource[] = [];
  const sections = SECTIONS.map((kind) => {
    const items = latestItems(kind, resources, skipped);
    return {
      kind,
      current: items.filter(({ current }) => current).sort(inReadingOrder),
      ended: items.filter(({ current }) => !current).sort(inReadingOrder),
    };
  });
  return { patient: latestPatient(resources, skipped), sections, skipped };
}

/** Whether anything is said of any section, be it that something has ended. */
export function hasFacts({ sections }: Facts): boolean {
  return sections.some(({ current, ended }) => current.length + ended.length > 0);
}

/** When an entry was written down, in milliseconds; 0 where it does not say. */
function momentOf({ recorded }: SectionItem): number {
  return recorded === '' ? 0 : Date.parse(recorded);
}

/** Total, so that the same facts always stand in the same order. */
function inReadingOrder(a: SectionItem, b: SectionItem): number {
  return (
    Number(b.urgent) - Number(a.urgent) ||
    momentOf(b) - momentOf(a) ||
    (a.fact < b.fact ? -1 : Number(a.fact > b.fact))
  );
}

function resourcesOf(content: unknown, record: number): Located[] {
  const what = `record ${String(record)} of the summary`;
  if (!v.is(Content, content)) {
    throw new EmrError('INPUT_INVALID', { what, problem: 'it is no FHIR resource' });
  }
  if (content.resourceType !== 'Bundle') {
    return [{ record, entry: 0, resourceType: content.resourceType, resource: content }];
  }
  const bundle = v.safeParse(Bundle, content);
  if (!bundle.success) {
    throw new EmrError('INPUT_INVALID', { what, problem: problemsOf(bundle.issues) });
  }
  return (bundle.output.entry ?? []).flatMap(({ resource }, entry) =>
    v.is(Content, resource)
      ? [{ record, entry, resourceType: resource.resourceType, resource }]
      : [],
  );
}

function latestPatient(resources: readonly Located[], skipped: SkippedResource[]): Patient | null {
  const found = resources.flatMap(({ resource, ...where }) => {
    if (where.resourceType !== 'Patient' || !saysSomething(resource)) return [];
    const parsed = v.safeParse(Patient, resource);
    if (parsed.success) return [parsed.output];
    skipped.push({ ...where, problem: problemsOf(parsed.issues) });
    return [];
  });
  return found.at(-1) ?? null;
}

/** A document about somebody whom no record names has a Patient without fields. */
const saysSomething = (resource: unknown): boolean =>
  Object.keys(resource as object).some((field) => field !== 'resourceType');

function latestItems(
  kind: SectionKind,
  resources: readonly Located[],
  skipped: SkippedResource[],
): readonly SectionItem[] {
  const latest = new Map<string, SectionItem>();
  for (const located of resources) {
    if (!kind.types.includes(located.resourceType)) continue;
    const item = readItem(kind, located, skipped);
    if (item === null) continue;
    const known = latest.get(item.fact);
    if (known === undefined || momentOf(item) >= momentOf(known)) latest.set(item.fact, item);
  }
  return [...latest.values()];
}

function readItem(
  kind: SectionKind,
  { resource, ...where }: Located,
  skipped: SkippedResource[],
): SectionItem | null {
  try {
    return kind.read(resource);
  } catch (error) {
    if (!v.isValiError(error)) throw error;
    skipped.push({ ...where, problem: problemsOf(error.issues) });
    return null;
  }
}

/** Field names and what was expected; a message of the schema library may repeat what it read. */
function problemsOf(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .map((issue) => `${v.getDotPath(issue) ?? 'it'}: ${issue.expected ?? issue.type}`)
    .join('; ');
}
