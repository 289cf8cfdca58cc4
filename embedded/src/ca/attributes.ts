/**
 * Attributes in enrolment certificates, in the extension in which Fabric CA writes them and
 * fabric-shim's ClientIdentity reads them: OID 1.2.3.4.5.6.7.8.1, JSON `{"attrs":{…}}`.
 *
 * @module
 */
import { ATTRIBUTES, EmrError, type Role, type UserId } from '@emr-share/model';
import * as v from 'valibot';
import { Extension, X509Certificate } from './x509.js';

const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';

const Content = v.object({ attrs: v.record(v.string(), v.string()) });

/** What an organization's CA vouches for. */
export interface EnrolmentAttributes {
  readonly userId: UserId;
  readonly role: Role;
  readonly department?: string | undefined;
}

/** The extension that carries `attributes`. */
export function attributeExtension(attributes: EnrolmentAttributes): Extension {
  const attrs = {
    'hf.EnrollmentID': attributes.userId,
    'hf.Type': 'client',
    [ATTRIBUTES.userId]: attributes.userId,
    [ATTRIBUTES.role]: attributes.role,
    [ATTRIBUTES.department]: attributes.department,
  };
  return new Extension(ATTRIBUTES_OID, false, Buffer.from(JSON.stringify({ attrs })));
}

/**
 * The attributes of a certificate; none where it has no such extension.
 *
 * @throws EmrError `INPUT_INVALID` when the certificate cannot be read.
 */
export function readAttributes(certificatePem: string): Readonly<Record<string, string>> {
  try {
    const extension = new X509Certificate(certificatePem).getExtension(ATTRIBUTES_OID);
    if (extension === null) return {};
    return v.parse(Content, JSON.parse(Buffer.from(extension.value).toString())).attrs;
  } catch (cause) {
    const problem = 'it cannot be read';
    throw new EmrError('INPUT_INVALID', { what: 'the certificate', problem }, { cause });
  }
}
