// Weighs a built site as it goes over the line (brotli, quality 11) and fails if a part is over its budget.
//   node scripts/budget.mjs [dist]
// 1 KB is 1000 bytes. The numbers also go to web/sizes.json in cargo's target folder, for the benchmark's table.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WEB, brotli, fail, files, kb, write } from './web.mjs';

const dist = resolve(process.argv[2] ?? 'dist');
if (!existsSync(join(dist, 'index.html'))) fail(`${dist} holds no built site`, 'make build');

// A page is what a browser fetches to open it first: the shell, its style sheet, the larger of the two languages, and
// its pack, which holds the program, the page's own parts and all that they share. The way to the engines is fetched
// with an engine only, so it counts there, in full.
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const app = html.match(/data-app="(?:\.\/)?([^"]+)"/)?.[1] ?? '';
const isShell = (f) => ['index.html', 'start.js', 'packed.js', 'streams.js'].includes(f) || /^styles-[^/]*$/.test(f) || f.startsWith('snippets/')
  // Of the texts, the larger language.
  || [`${app}app.js`, `${app}__wasm_split.js`, `${app}ja.json`].includes(f) || f.startsWith(`${app}snippets/`);
const isLink = (f) => f === 'engine.js' || f === `${app}engines.pack.wasm`;
const page = (name) => ({
  name, limit: 250_000, title: `page, opened on ${name}`,
  has: (f) => isShell(f) || f.startsWith(`${name}-`) || [`${app}ja.${name}.json`, `${app}${name}.pack.wasm`].includes(f),
});

/** `limit` in bytes; `raw` where the files are compressed already and are counted as they are. */
const PARTS = [
  page('geometry'), page('theory'), page('methods'), page('train'), page('attack'),
  { name: 'page', limit: null, title: 'all of the page, module by module', has: (f) => isShell(f) || (f.startsWith(app) && !f.endsWith('.pack.wasm')) || /^[^/]+\.css$/.test(f) },
  { name: 'cpu', limit: 900_000, title: 'CPU engine with glue', has: (f) => isLink(f) || /^engine\/(cpu\.|snippets\/)/.test(f) },
  { name: 'gpu', limit: 2_000_000, title: 'GPU engine with glue', has: (f) => isLink(f) || /^engine\/(gpu\.|snippets\/)/.test(f) },
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
  const empty = members.every(isLink);
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

const table = [['', 'raw', 'to download', 'budget', 'used'], ...rows];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
console.log('\nsizes (1 KB = 1000 bytes, to download: brotli 11)');
for (const row of table) {
  console.log(`  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   ')}`);
}
write(join(WEB, 'sizes.json'), JSON.stringify(sizes, null, 2));

if (over.length > 0) {
  const largest = all.filter((name) => /\.(wasm|js|css)$/.test(name)).map((name) => [name, brotli(readFileSync(join(dist, name))).length]);
  largest.sort((a, b) => b[1] - a[1]);
  console.error('\nlargest files:');
  for (const [name, sent] of largest.slice(0, 8)) console.error(`  ${kb(sent).padStart(12)}  ${name}`);
  fail(`over budget: ${over.join('; ')}`, 'make that part smaller; the limits are in scripts/budget.mjs');
}
