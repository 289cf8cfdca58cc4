/**
 * `emr upload`: encrypt a file for its patient and file it.
 *
 * @module
 */
import { fileSource, type KeystoreUser } from '@emr-share/gateway-client/node';
import type { Uploaded } from '@emr-share/gateway-client';
import { CATEGORIES, ContentType, RecordId, UserId, type Category } from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../call.js';
import { ContentFile } from '../content/content-file.js';
import { detectContent, type DetectedContent } from '../content/detect-content.js';
import { withClient } from '../data/open-client.js';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';
import { matching } from '../input/option-value.js';
import { showProgress } from '../output/progress.js';
import { byteSize } from '../output/size.js';
import { pairs } from '../output/table.js';

interface UploadOptions {
  readonly patient?: UserId;
  readonly category?: Category;
  readonly contentType?: string;
  readonly seal?: boolean;
  readonly summary: boolean;
  readonly recordId?: RecordId;
}

type Kind = DetectedContent & { readonly category: Category };

async function kindOf(file: ContentFile, options: UploadOptions): Promise<Kind> {
  const detected =
    options.contentType === undefined
      ? await detectContent(file)
      : { contentType: options.contentType, category: null };
  const category = options.category ?? detected.category;
  if (category !== null) return { contentType: detected.contentType, category };
  throw new CliError(
    'USAGE',
    `say which category ${file.path} is to be filed under with --category; emr categories lists them`,
  );
}

function describe({ record, alreadyFiled, summary }: Uploaded): string {
  const { recordId, patient, info } = record;
  return [
    alreadyFiled ? 'This content is filed already:' : 'Filed:',
    pairs({
      record: recordId,
      patient,
      category: `${info.category} (${info.securityLevel})`,
      'content type': info.contentType,
      size: byteSize(info.sizeBytes),
      cid: info.cid,
      ...(summary === null ? {} : { 'emergency summary': `updated by ${summary.recordId}` }),
    }),
  ].join('\n');
}

/** Whose record it is. Throws CliError `USAGE` where that is not said and cannot be guessed. */
function patientOf({ patient }: UploadOptions, { userId, role }: KeystoreUser): UserId {
  if (patient !== undefined) return patient;
  if (role === 'patient') return userId;
  throw new CliError('USAGE', 'say whose record it is with --patient');
}

async function upload(call: Call, path: string, options: UploadOptions): Promise<Uploaded> {
  const file = await ContentFile.at(path);
  const { contentType, category } = await kindOf(file, options);
  return withClient(call, async (client, user) => {
    const patient = patientOf(options, user);
    const source = await fileSource(file.path);
    const { stderr } = call.host;
    const progress = showProgress(stderr, call.output.isLive, 'uploading', file.sizeBytes);
    try {
      return await client.records.upload(source, {
        patient,
        category,
        contentType,
        recordId: options.recordId,
        securityLevel: options.seal === true ? 'sealed' : undefined,
        summary: options.summary,
        signal: call.signal,
        onProgress: ({ phase, bytes }) => {
          if (phase === 'store') progress.update(bytes);
        },
      });
    } finally {
      progress.stop();
    }
  });
}

/** Makes the command for one call. */
export function uploadCommand(host: Host): Command {
  return new Command('upload')
    .description('encrypt a file for its patient, store the ciphertext, and file the record')
    .argument('<file>', 'the file; the same file is filed once, however often it is uploaded')
    .option(
      '--patient <user>',
      'whose record it is (default: you, a patient)',
      matching(UserId, 'a user ID'),
    )
    .addOption(
      new Option('--category <category>', 'default: by what the file holds').choices(CATEGORIES),
    )
    .option(
      '--content-type <type>',
      'MIME type; default: DICOM, FHIR, JSON and CSV are recognized and checked',
      matching(ContentType, 'a MIME type such as application/pdf'),
    )
    .option('--seal', 'seal it: only a grant of this one record will ever open it')
    .option(
      '--no-summary',
      'do not add what it says to the emergency summary (default: of FHIR, it is added)',
    )
    .option(
      '--record-id <id>',
      'choose the ID (default: derived from the content)',
      matching(RecordId, '32 lower-case hex digits'),
    )
    .action(async (path: string, options: UploadOptions, command: Command) => {
      const call = new Call(host, command);
      const uploaded = await upload(call, path, options);
      call.output.result(uploaded, describe(uploaded));
    });
}
