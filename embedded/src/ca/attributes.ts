/**
 * Attributes in enrolment certificates, in the extension in which Fabric CA writes them and
 * fabric-shim's ClientIdentity reads them: OID 1.2.3.4.5.6.7.8.1, JSON `{"attrs":{…}}`.
 *
 * @module
 */
import { ATTRIBUTES, type Role, type UserId } from '@emr-share/model';
import { Extension } from './x509.js';

const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';

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
