/**
 * The satellite drill: hospitals that see each other over a satellite only, one of them lost, and an
 * emergency post that needs a patient's summary.
 *
 * @module
 */
import { type LinkTerms, SATELLITE } from '@emr-share/network';
import type { Emergency } from './post-messages.js';
import {
  type DeclareMoment,
  satelliteResult,
  type SatelliteDrillResult,
} from './satellite-result.js';
import { SatelliteScene, type SatelliteSceneOptions } from './satellite-scene.js';

/** By then every node has noticed that the hospital is gone, if somebody asked something of it. */
const SETTLING_MS = 60_000;

export interface SatelliteDrillOptions extends SatelliteSceneOptions {
  readonly runs: number;
  readonly declare: DeclareMoment;
  /** How many are registered before, beside the one who needs help. */
  readonly patients: number;
  /** After how many packets the routers of all places send a repair packet; 0: never. */
  readonly repairEvery: number;
}

/**
 * Runs the drill: a network of its own, removed afterwards. Needs root, `ip` and `socat`.
 *
 * @throws NetworkError `FAULT_NOT_PERMITTED`, `TOOL_INVALID`; CliError `DRILL_FAILED`
 */
export async function runSatelliteDrill(
  options: SatelliteDrillOptions,
): Promise<SatelliteDrillResult> {
  await using scene = await SatelliteScene.open(options);
  const crowdStarted = performance.now();
  if (options.patients > 0) await scene.registerPatients(options.patients, options);
  const registeringMs = Math.round(performance.now() - crowdStarted);
  const emergencies =
    options.declare === 'settled'
      ? await declareSettled(scene, options)
      : { runs: await declareAtOnce(scene, options), settlingMs: [] };
  const { declare, patients } = options;
  const crowd = { patients, registeringMs };
  const link = scene.linkCounts;
  return satelliteResult({ ...emergencies, declare, crowd, terms: termsOf(options), link });
}

const termsOf = ({ repairEvery }: SatelliteDrillOptions): LinkTerms => ({
  ...SATELLITE,
  repairEvery,
});

/** One loss, and emergencies all the time: those of the first minute count by themselves. */
async function declareSettled(
  scene: SatelliteScene,
  options: SatelliteDrillOptions,
): Promise<{ runs: Emergency[]; settlingMs: number[] }> {
  const { note } = options;
  scene.overToSatellite(termsOf(options));
  await scene.warmUp();
  note('over to the satellite; hospital c is lost');
  await scene.lose();
  const settledAt = Date.now() + SETTLING_MS;
  const settlingMs: number[] = [];
  while (Date.now() < settledAt) {
    const { declareToSummaryMs } = await scene.declare();
    settlingMs.push(declareToSummaryMs);
    note(`in the first minute: ${String(declareToSummaryMs)} ms`);
  }
  const runs: Emergency[] = [];
  for (let i = 1; i <= options.runs; i += 1) {
    await scene.warmUp();
    runs.push(noted(await scene.declare(), i, options));
  }
  return { runs, settlingMs };
}

/** One emergency after the other, from the moment of the loss on. */
async function declareAtOnce(
  scene: SatelliteScene,
  options: SatelliteDrillOptions,
): Promise<Emergency[]> {
  // Over good lines, so that hospital c has its part in ordering and in the post's connections.
  await scene.declare();
  scene.overToSatellite(termsOf(options));
  await scene.warmUp();
  await scene.lose();
  const runs: Emergency[] = [];
  for (let i = 1; i <= options.runs; i += 1) {
    runs.push(noted(await scene.declare(), i, options));
  }
  return runs;
}

function noted(
  emergency: Emergency,
  run: number,
  { note }: Pick<SatelliteDrillOptions, 'note'>,
): Emergency {
  note(`run ${String(run)}: ${String(emergency.declareToSummaryMs)} ms`);
  return emergency;
}
