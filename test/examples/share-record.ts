import { connect, EmrError } from '@emr-share/gateway-client';
import { asPatient, asPhysician, blobs, bundle } from './setup.js';

const patient = await connect({ ...asPatient, blobs });
const doctor = await connect({ ...asPhysician, blobs });
await patient.identity.enrolPatient();
await doctor.identity.register({ role: 'physician' });

const kind = { category: 'medical-information', contentType: 'application/fhir+json' } as const;
const { record } = await doctor.records.upload(bundle, { patient: 'p.meier', ...kind });
const terms = { categories: ['medical-information'], purposes: ['TREAT'] } as const;
const grant = await patient.grants.create({ grantee: 'd.wong', ...terms, durationMs: 86_400_000 });
const fetched = await doctor.records.fetch(record.recordId, { purpose: 'TREAT' });
console.log(`${(await fetched.bytes()).length} bytes, ticket ${fetched.ticket?.ticketId}`);

await patient.grants.revoke(grant.body.grantId);
await doctor.records.fetch(record.recordId, { purpose: 'TREAT' }).catch((error: unknown) => {
  if (EmrError.is(error, 'GRANT_REVOKED')) console.log(error.message);
});
