/**
 * The demo's opening lines and its closing table.
 *
 * @module
 */
import { elapsed } from '../output/local-time.js';
import { shortId } from '../output/short-id.js';
import { byteSize } from '../output/size.js';
import { table } from '../output/table.js';
import type { Narrator } from './narrator.js';
import type { DemoOptions } from './options.js';
import type { RecordFile } from './record-files.js';
import type { StepReport } from './report.js';
import type { FiledRecord } from './story.js';

const TITLES = ['file', 'category', 'size', 'record', 'cid', 'fetched'];
const CID_CHARS = 16;
const NAME_CHARS = 40;
const EMBEDDED = [
  'Embedded back end: three hospitals in this process, each with its own CA, ledger copy and',
  'custodian key; nothing listens on a network.',
];
const FABRIC = [
  'Real network: three hospitals with a CA, an orderer, two peers, a contract service and a Kubo',
  'node each, and a regulator with the fourth orderer; all of them processes of their own.',
];

/** Leaves out the middle of a long name: the start says whose it is, the end what it is. */
function shortName(name: string): string {
  if (name.length <= NAME_CHARS) return name;
  const half = NAME_CHARS / 2;
  return `${name.slice(0, half)}…${name.slice(1 - half)}`;
}

export function introduce(
  narrator: Narrator,
  files: readonly RecordFile[],
  { records: folder, fabric = false }: Pick<DemoOptions, 'records' | 'fabric'>,
): void {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  narrator.title("emr-share: one patient's records, shared, attacked and taken back");
  narrator.say(
    [
      ...(fabric ? FABRIC : EMBEDDED),
      `Records: ${String(files.length)} from ${folder ?? 'a built-in synthetic patient'}, ${byteSize(totalBytes)}.`,
    ].join('\n'),
  );
}

export function summarize(
  narrator: Narrator,
  filed: readonly FiledRecord[],
  steps: readonly StepReport[],
  ms: number,
): void {
  narrator.chapter('Summary');
  const rows = filed.map(({ file, record, plaintextSha256, fetchedSha256 }) => [
    shortName(file.name),
    record.info.category,
    byteSize(record.info.sizeBytes),
    shortId(record.recordId),
    `${record.info.cid.slice(0, CID_CHARS)}…`,
    fetchedSha256 === plaintextSha256 ? 'byte-identical' : 'DIFFERENT',
  ]);
  narrator.aside(table(TITLES, rows, ''));
  const refused = steps.filter(({ outcome }) => outcome === 'denied').length;
  narrator.say(
    `\n${String(steps.length)} steps, ${String(refused)} of them refusals with the code that belongs to them; everything as it must be, in ${elapsed(ms)}.`,
  );
}
