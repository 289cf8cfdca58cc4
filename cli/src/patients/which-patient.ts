/**
 * Which patient is meant: by pseudonymous ID, by card, or by the hospital's own index.
 *
 * @module
 */
import {
  findOnePatient,
  PatientQuery,
  type EmrClient,
  type IndexedPatient,
  type PatientIdentifier,
} from '@emr-share/gateway-client';
import { UserId, validate } from '@emr-share/model';
import { Argument, type Command } from 'commander';
import type { Call } from '../call.js';
import { readCardFrom } from '../card/read-card-from.js';
import { CliError } from '../errors/cli-error.js';
import { matching } from '../input/option-value.js';
import { readSmallFile } from '../input/small-file.js';
import { withIndex, withIndexOptions, type IndexOptions } from './index-location.js';
import { parsePatientFacts } from './patient-facts.js';
import { describePatient } from './patient-text.js';

export interface QueryOptions extends IndexOptions {
  readonly mrn?: string;
  readonly mrnSystem?: string;
  readonly find?: string;
}

export interface PatientOptions extends QueryOptions {
  readonly card?: string;
}

/** Where a patient was found. */
export interface MeantPatient {
  readonly patient: UserId;
  /** What the index has of the patient, where that was asked. */
  readonly matched?: IndexedPatient;
}

/** Adds the options that describe a patient to the index. */
export function withQueryOptions(command: Command): Command {
  return withIndexOptions(
    command
      .option('--mrn <number>', "the patient's number at the hospital")
      .option('--mrn-system <uri>', 'which numbers these are')
      .option('--find <file>', 'name, birth date and so on, a line each; - for stdin'),
  );
}

/** Adds the argument and the options that say which patient is meant. */
export function withPatientOptions(command: Command): Command {
  const id = new Argument('[patient]', "the patient's pseudonymous ID").argParser(
    matching(UserId, 'a user ID, as the card or the index of your hospital has it'),
  );
  return withQueryOptions(
    command
      .addArgument(id)
      .option(
        '--card <card>',
        'text of the card, or a file of it or of its QR code (PNG); - stdin',
      ),
  );
}

function onlyOne<T>(values: readonly T[], what: string): T | undefined {
  const [value, ...others] = values;
  if (others.length === 0) return value;
  throw new CliError('USAGE', `look for one ${what} at a time`);
}

function numbersNamed({ mrn, mrnSystem }: QueryOptions): readonly PatientIdentifier[] {
  if (mrn === undefined) return [];
  return [mrnSystem === undefined ? { value: mrn } : { system: mrnSystem, value: mrn }];
}

/** What is asked of the index. Throws `INPUT_INVALID` where it is too little; CliError `USAGE`. */
export async function queryOf({ host }: Call, options: QueryOptions): Promise<PatientQuery> {
  const { find } = options;
  const text = find === undefined ? '' : await readSmallFile(host, find);
  const { names, identifiers, ...others } = parsePatientFacts(text);
  const query = {
    identifier: onlyOne([...numbersNamed(options), ...identifiers], 'number'),
    name: onlyOne(names, 'name'),
    ...others,
  };
  const said = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  return validate(PatientQuery, said, 'the description of the patient');
}

async function inIndex(call: Call, options: QueryOptions): Promise<MeantPatient> {
  const query = await queryOf(call, options);
  const { signal } = call;
  const matched = await withIndex(call, options, (index) =>
    findOnePatient(index, query, { signal }),
  );
  call.output.note(`In the index:\n${describePatient(matched)}`);
  return { patient: matched.patient, matched };
}

/**
 * Says where to look, before a passphrase is asked for.
 *
 * @throws CliError `USAGE` unless exactly one way is used.
 */
export function patientFinder(
  call: Call,
  patient: UserId | undefined,
  options: PatientOptions,
): (client: EmrClient) => Promise<MeantPatient> {
  const { card } = options;
  const asksIndex = options.mrn !== undefined || options.find !== undefined;
  const ways = [patient !== undefined, card !== undefined, asksIndex];
  if (ways.filter(Boolean).length !== 1) {
    throw new CliError(
      'USAGE',
      'say which patient in one way: PATIENT, --card, or --mrn and --find for the index',
    );
  }
  if (patient !== undefined) return () => Promise.resolve({ patient });
  if (card === undefined) return () => inIndex(call, options);
  return async (client) => {
    const text = await readCardFrom(call.host, card);
    const { userId } = await client.identity.getByCard(text, { signal: call.signal });
    return { patient: userId };
  };
}
