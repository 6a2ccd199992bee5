// Weighs a built site as it goes over the line (brotli, quality 11) and fails if a part is over its budget.
//   node scripts/budget.mjs [dist]
// 1 KB is 1000 bytes. The numbers also go to web/sizes.json in cargo's target folder, for the benchmark's table.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WEB, brotli, fail, files, kb, write } from './web.mjs';

const dist = resolve(process.argv[2] ?? 'dist');
if (!existsSync(join(dist, 'index.html'))) fail(`${dist} holds no built site`, 'make build');

/** `limit` in bytes; `raw` where the files are compressed already and are counted as they are. */
const PARTS = [
  {
    // The goal is not reached yet; the limit keeps the page from growing meanwhile. What it would take:
    // docs/decisions.md, “The page is twice as heavy as it should be”.
    name: 'page', limit: 560_000, goal: 250_000, title: 'page: module, glue, styles',
    has: (f) => /^[^/]+\.(html|css|js|wasm)$/.test(f) && f !== 'engine.js' && f !== 'sw.js' || f.startsWith('snippets/'),
  },
  { name: 'cpu', limit: 900_000, title: 'CPU engine with glue', has: (f) => f === 'engine.js' || /^engine\/(cpu\.|snippets\/)/.test(f) },
  { name: 'gpu', limit: 2_000_000, title: 'GPU engine with glue', has: (f) => f === 'engine.js' || /^engine\/(gpu\.|snippets\/)/.test(f) },
  { name: 'data', limit: 25_000_000, title: 'image shards', raw: true, has: (f) => f.startsWith('data/') },
  { name: 'models', limit: null, title: 'bundled networks', raw: true, has: (f) => f.startsWith('models/') },
];

const all = files(dist).filter((name) => !name.endsWith('.br'));
const rows = [];
const over = [];
const sizes = {};
for (const part of PARTS) {
  let bytes = 0, sent = 0;
  const members = all.filter(part.has);
  const empty = members.every((name) => name === 'engine.js');
  for (const name of members) {
    const content = readFileSync(join(dist, name));
    bytes += content.length;
    sent += part.raw ? content.length : brotli(content).length;
  }
  sizes[part.name] = empty ? null : { bytes, sent, limit: part.limit };
  const ok = part.limit === null || sent <= part.limit;
  if (!ok) over.push(`${part.title} by ${kb(sent - part.limit)}`);
  rows.push(empty
    ? [part.title, 'not built', '', '', '']
    : [part.title, kb(bytes), kb(sent), part.limit === null ? '' : kb(part.limit), part.limit === null ? '' : ok ? `${Math.round((100 * sent) / part.limit)} %` : 'OVER']);
}

const missed = PARTS.filter((part) => part.goal && sizes[part.name] && sizes[part.name].sent > part.goal);
const table = [['', 'raw', 'to download', 'budget', 'used'], ...rows];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
console.log('\nsizes (1 KB = 1000 bytes, to download: brotli 11)');
for (const row of table) {
  console.log(`  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   ')}`);
}
for (const part of missed) console.log(`  goal not reached yet: ${part.title} ${kb(sizes[part.name].sent)}, goal ${kb(part.goal)}`);
write(join(WEB, 'sizes.json'), JSON.stringify(sizes, null, 2));

if (over.length > 0) {
  const largest = all.filter((name) => /\.(wasm|js|css)$/.test(name)).map((name) => [name, brotli(readFileSync(join(dist, name))).length]);
  largest.sort((a, b) => b[1] - a[1]);
  console.error('\nlargest files:');
  for (const [name, sent] of largest.slice(0, 8)) console.error(`  ${kb(sent).padStart(12)}  ${name}`);
  fail(`over budget: ${over.join('; ')}`, 'make that part smaller; the limits are in scripts/budget.mjs');
}
