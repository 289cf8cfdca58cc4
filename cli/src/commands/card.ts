/**
 * `emr card`: what a patient carries, so that a stranger finds the patient's records in an emergency.
 *
 * @module
 */
import { extname } from 'node:path';
import { cardText, spacedCardText, type PatientCard } from '@emr-share/gateway-client';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import { Command } from 'commander';
import { Call } from '../call.js';
import { cardSheet } from '../card/card-sheet.js';
import { qrPng, qrSvg, qrTerminal } from '../card/qr-code.js';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';
import { outputTarget } from '../output/output-target.js';

interface CardOptions {
  readonly output?: string;
  readonly force?: boolean;
}

type Form = (card: PatientCard) => string | Uint8Array;

const FORMS: Readonly<Record<string, Form>> = {
  '.html': cardSheet,
  '.png': (card) => qrPng(cardText(card)),
  '.svg': (card) => qrSvg(cardText(card)),
  '.txt': (card) => `${spacedCardText(card)}\n`,
};

function formOf(path: string): Form {
  const form = FORMS[extname(path).toLowerCase()];
  if (form !== undefined) return form;
  throw new CliError('USAGE', `name a file that ends in one of ${Object.keys(FORMS).join(', ')}`);
}

async function write(call: Call, path: string, card: PatientCard, force: boolean): Promise<void> {
  const made = formOf(path)(card);
  const bytes = typeof made === 'string' ? new TextEncoder().encode(made) : made;
  const target = await outputTarget(call.host, path, force);
  async function* content(): AsyncGenerator<Uint8Array, void, void> {
    yield await Promise.resolve(bytes);
  }
  await target.write(content(), call.signal);
}

/** Makes the command for one call. */
export function cardCommand(host: Host): Command {
  return new Command('card')
    .description('(patient) a card for emergencies: your pseudonymous ID as text and QR code')
    .option(
      '-o, --output <file>',
      'write it: .html a sheet to print, .svg or .png the QR code, .txt the text (default: show it)',
    )
    .option('--force', 'replace a file that is there')
    .addHelpText('after', '\nThere is no name on it, and no key: it opens nothing by itself.')
    .action(async ({ output, force = false }: CardOptions, command: Command) => {
      const call = new Call(host, command);
      const { user } = await KeystoreFile.read(call.data.keystoreOf(await call.user()));
      if (user.role !== 'patient') {
        throw new CliError('USAGE', `${user.userId} is no patient: only patients have a card`);
      }
      const card = { userId: user.userId, mspId: user.mspId };
      const text = spacedCardText(card);
      if (output !== undefined) {
        await write(call, output, card, force);
        call.output.result({ ...card, card: text, file: output }, `${output}: ${text}`);
        return;
      }
      call.output.result({ ...card, card: text }, `${qrTerminal(cardText(card))}\n${text}`);
    });
}
