/**
 * One emergency over satellite links, declared in the moment in which a hospital is lost: the `emr`
 * program runs the whole drill. Needs root and the programs `ip` and `socat`.
 */
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { SatelliteDrillResult } from '../../src/drill/satellite/satellite-result.js';
import { buildCli, runProgram } from '../support/emr-process.js';

const LIMIT_MS = 9 * 60_000;
const BASE_PORT = 23_000;
const PATIENTS = 6;

/** What keeps the drill from running on this machine. */
function missing(): string[] {
  const programs = ['ip', 'socat'].filter(
    (program) => spawnSync(program, ['-V'], { stdio: 'ignore' }).error !== undefined,
  );
  return [...(process.getuid?.() === 0 ? [] : ['root']), ...programs];
}

const lacks = missing();
const isSkipped = lacks.length > 0 && process.env['EMR_REQUIRE_NETWORK'] !== '1';
if (isSkipped) {
  process.stderr.write(`SKIPPED: the satellite drill, for it needs ${lacks.join(' and ')}\n`);
}

(isSkipped ? describe.skip : describe)('an emergency over satellite links', () => {
  let result: SatelliteDrillResult;

  beforeAll(async () => {
    const options = ['--runs', '1', '--declare', 'at-once', '--patients', String(PATIENTS)];
    const ports = ['--base-port', String(BASE_PORT)];
    buildCli();
    const args = ['drill', 'satellite', '--json', ...options, ...ports];
    const { HOME = '', EMR_SOURCES } = process.env;
    const sources = EMR_SOURCES === undefined ? {} : { EMR_SOURCES };
    const ran = await runProgram('main.js', args, { env: { HOME, ...sources } });
    expect(ran).toMatchObject({ exitCode: 0 });
    result = JSON.parse(ran.stdout) as SatelliteDrillResult;
  }, LIMIT_MS);

  it('ends with the summary that was filed, and says when what happened', () => {
    const [run] = result.runs;
    expect(result).toMatchObject({
      drill: 'satellite',
      declare: 'at-once',
      crowd: { patients: PATIENTS },
      terms: { oneWayMs: 300, bitsPerSecond: 1_000_000, loss: 0.01 },
    });
    // The post compares it with what it filed, and fails where it differs.
    expect(run!.summaryBytes).toBeGreaterThan(1_000);
    expect(result.declareToSummaryMs).toBe(run!.declareToSummaryMs);
    const steps = run!.timeline.map(({ what }) => what).filter((what) => !what.includes(':'));
    expect(steps).toEqual(['look up the rule', 'have it approved', 'declare', 'open the summary']);
  });

  it('took no less than the light takes for what must follow each other', () => {
    // Approval, endorsement, ordering, the list, the partials: five ways there and back.
    expect(result.roundTrips).toBeGreaterThan(5);
  });

  it('is answered by the two hospitals that are left, and by nobody else', () => {
    const opened = result.runs[0]!.timeline.filter(({ what }) =>
      what.startsWith('audience:OpenRecords'),
    );
    const answered = opened.filter(({ failed }) => failed !== true).map(({ what }) => what);
    expect(answered.sort()).toEqual([
      'audience:OpenRecords HospAMSP',
      'audience:OpenRecords HospBMSP',
    ]);
    expect(result.link.cut).toBeGreaterThan(0);
  });
});
