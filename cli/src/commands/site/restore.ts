/**
 * `emr site restore`: a hospital that is lost, made anew from what the others have.
 *
 * @module
 */
import type { SecretRef } from '@emr-share/gateway-client';
import { Department, parseJson, Role, UserId } from '@emr-share/model';
import { Command } from 'commander';
import * as v from 'valibot';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { readSmallFile } from '../../input/small-file.js';
import { PlanDisplay } from '../../network-output/plan-display.js';
import { elapsed } from '../../output/local-time.js';
import { byteSize } from '../../output/size.js';
import { counted } from '../../output/counted.js';
import { pairs } from '../../output/table.js';
import { type HospitalReport, restoreHospital } from '../../site/restore-hospital.js';
import type { KnownUser } from '../../site/restore-users.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network/network-folder.js';

interface RestoreOptions extends FolderOptions {
  readonly secrets: string;
  readonly users?: string;
}

const MAX_USERS = 10_000;
const Users = v.pipe(
  v.array(v.strictObject({ userId: UserId, role: Role, department: v.optional(Department) })),
  v.maxLength(MAX_USERS),
);

const HELP = `
For a hospital whose CA, peers, orderer, contract service and store are gone from the disks; it is
refused while anything of them is left. The admins of a majority of the others end its lost root on the
channel and let it in again under a new one; its nodes get the ledger from the others, its store the
content. Its users are registered at the new CA, as the ledger knows them, each with a one-time secret in
--secrets (mode 0600): they enrol again and keep their keys.
--users FILE names people whom the ledger does not show, or who are something else now:
  [{ "userId": "dr-new", "role": "physician", "department": "cardiology" }]
Harmless to repeat; after an interruption it goes on where it stopped. See docs/site-restore.md.`;

async function namedUsers(host: Host, path: string | undefined): Promise<readonly KnownUser[]> {
  if (path === undefined) return [];
  return parseJson(Users, await readSmallFile(host, path), path);
}

function lostText(lost: readonly SecretRef[]): string {
  const fragments = lost.filter((ref) => 'grantId' in ref).length;
  const shares = lost.length - fragments;
  if (lost.length === 0) return 'nothing';
  return [
    ...(fragments === 0 ? [] : [counted(fragments, 'fragment of a grant', 'fragments of grants')]),
    ...(shares === 0 ? [] : [counted(shares, 'share', 'shares')]),
  ].join(', ');
}

function contentText({ blobs, copied, copiedBytes, lost }: HospitalReport['content']): string {
  const gone = lost.length === 0 ? '' : `; ${String(lost.length)} on no store at all`;
  return `${String(copied)} of ${counted(blobs, 'record', 'records')} copied (${byteSize(copiedBytes)})${gone}`;
}

function usersText({ ready, skipped }: HospitalReport['users'], secrets: string): string {
  const not = skipped.map(({ userId, reason }) => `${userId} (${reason})`).join(', ');
  const left = not === '' ? '' : `; not ${not}`;
  return `${String(ready.length)} may enrol again, secrets in ${secrets}${left}`;
}

function nextText({ organization, custodian }: HospitalReport): string {
  const lines = [
    'Next:',
    '- give each user the secret, and everybody the new connection profiles: emr network export --out DIR',
    '- destroy backups and snapshots that hold the lost keys',
  ];
  if (custodian.lost.length > 0) {
    lines.push(
      `- its fragments are gone: grants go on with the other hospitals, and those made from now on have ${organization} again`,
      '- its shares of emergencies and audiences come back with a new roster: emr network admin roster propose, approve, and refresh-shares; those of recovery plans when their patients plan anew',
    );
  }
  return lines.join('\n');
}

function text(report: HospitalReport, secrets: string, ms: number): string {
  const { organization, mspId, blocks, custodian, content, users } = report;
  const facts = {
    hospital: `${organization} (${mspId})`,
    ledger: `${String(blocks)} blocks`,
    'custodian key': `generation ${String(custodian.generation)}; no earlier one is accepted`,
    'sealed to the lost keys': lostText(custodian.lost),
    content: contentText(content),
    users: usersText(users, secrets),
  };
  return `Restored after ${elapsed(ms)}:\n${pairs(facts)}\n${nextText(report)}`;
}

/** Makes the command for one call. */
export function restoreCommand(host: Host): Command {
  return withFolderOption(
    new Command('restore').argument('<organization>', 'which hospital, such as hospb or HospBMSP'),
  )
    .description('make a hospital anew whose disks are lost, from what the others have')
    .requiredOption('--secrets <dir>', "folder for the users' one-time enrolment secrets")
    .option('--users <file>', 'further users, or other roles and departments, as JSON')
    .addHelpText('after', HELP)
    .action(async (organization: string, options: RestoreOptions, command: Command) => {
      const call = new Call(host, command);
      const started = Date.now();
      const dir = await networkFolder(options, host);
      const users = await namedUsers(host, options.users);
      const display = new PlanDisplay(host, call.output);
      const { onProgress } = display;
      const { secrets } = options;
      const { signal } = call;
      const report = await restoreHospital(dir, organization, {
        secrets,
        users,
        onProgress,
        signal,
      }).finally(() => {
        display.stop();
      });
      const ms = Date.now() - started;
      call.output.result({ ...report, ms }, text(report, secrets, ms));
    });
}
