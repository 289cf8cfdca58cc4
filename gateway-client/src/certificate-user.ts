/**
 * Who an enrolment certificate is for.
 *
 * @module
 */
import 'reflect-metadata';
import { X509Certificate } from '@peculiar/x509';
import { ATTRIBUTES, EmrError, UserId, validate } from '@emr-share/model';
import * as v from 'valibot';

/** Where Fabric CA writes attributes, as JSON. */
const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';
const Content = v.object({ attrs: v.record(v.string(), v.string()) });

/**
 * Attribute `emr.user` of a certificate.
 *
 * @throws EmrError `INPUT_INVALID` where it has none, or cannot be read.
 */
export function userIdOf(certificatePem: string): UserId {
  return validate(
    UserId,
    attributesOf(certificatePem)[ATTRIBUTES.userId],
    "the certificate's user ID",
  );
}

/**
 * The attributes that Fabric CA wrote into a certificate; `{}` where it wrote none.
 *
 * @throws EmrError `INPUT_INVALID` where it cannot be read.
 */
export function attributesOf(certificatePem: string): Readonly<Record<string, string>> {
  try {
    const extension = new X509Certificate(certificatePem).getExtension(ATTRIBUTES_OID);
    if (extension === null) return {};
    return v.parse(Content, JSON.parse(Buffer.from(extension.value).toString())).attrs;
  } catch (cause) {
    const problem = 'it cannot be read';
    throw new EmrError('INPUT_INVALID', { what: 'the certificate', problem }, { cause });
  }
}
