/**
 * The sheet that a patient prints: a card to cut out, and what a physician does with it. It has no
 * name on it, and no key.
 *
 * @module
 */
import { cardText, spacedCardText, type PatientCard } from '@emr-share/gateway-client';
import { qrSvg } from './qr-code.js';

const STYLE = `
  body { font: 11pt/1.35 system-ui, sans-serif; margin: 15mm; color: #000; background: #fff; }
  .card { width: 86mm; min-height: 54mm; box-sizing: border-box; padding: 3mm; display: flex; gap: 3mm;
    border: 0.2mm dashed #000; font-size: 8pt; }
  .card svg { width: 36mm; height: 36mm; flex: none; }
  .card h1 { font-size: 10pt; margin: 0 0 1.5mm; }
  .card p { margin: 0 0 1.5mm; }
  code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
  ol { max-width: 150mm; }`;

/** One HTML page that needs nothing from elsewhere. IDs are of a safe alphabet: nothing is escaped. */
export function cardSheet(card: PatientCard): string {
  const spaced = spacedCardText(card);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Emergency card</title>
<style>${STYLE}
</style>
</head>
<body>
<div class="card">
${qrSvg(cardText(card))}
<div>
<h1>Emergency medical data</h1>
<p>For emergency physicians: allergies, medication and problems of the holder, as the holder allows.</p>
<p><code>${spaced}</code></p>
<p>${card.userId}, ${card.mspId}</p>
</div>
</div>
<h2>For the physician</h2>
<ol>
<li>Scan the code, or type what is under it (capitals and spaces do not matter), into:
<code>emr emergency declare --card … --reason unconscious</code></li>
<li>A physician of another hospital approves: <code>emr emergency approve TICKET</code></li>
<li>Read the summary: <code>emr emergency open TICKET</code></li>
</ol>
<p>The holder and the privacy officers of all hospitals are told at once, and review it afterwards. The
card opens nothing by itself: it has a pseudonym on it, no name and no key.</p>
</body>
</html>
`;
}
