// Checks the reports of `npm run demo -- --json FILE`: every record fetched byte-identical, every
// step as it says. node scripts/check-report.mjs FILE … ; exits 1 on the first that does not hold.
import { readFileSync } from 'node:fs';

const problems = [];
for (const file of process.argv.slice(2)) {
  const { records, steps } = JSON.parse(readFileSync(file, 'utf8'));
  if (records.length === 0) problems.push(`${file}: no records`);
  for (const { file: name, plaintextSha256, fetchedSha256 } of records) {
    if (!/^[0-9a-f]{64}$/.test(plaintextSha256) || plaintextSha256 !== fetchedSha256) {
      problems.push(`${file}: ${name} was not fetched byte-identical`);
    }
  }
  const denied = steps.filter(({ outcome }) => outcome === 'denied');
  if (denied.length < 6) problems.push(`${file}: only ${String(denied.length)} refusals shown`);
  for (const { name, code } of denied) {
    if (typeof code !== 'string') problems.push(`${file}: "${name}" was refused without a code`);
  }
  process.stdout.write(
    `${file}: ${String(records.length)} records fetched byte-identical, ` +
      `${String(steps.length)} steps, ${String(denied.length)} refusals\n`,
  );
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 && process.argv.length > 2 ? 0 : 1;
