// The page, from cargo's module to what the browser fetches:
//   node scripts/page.mjs path/to/app.wasm [--quick]
// The module is cut at the functions of src/app/parts.rs (wasm-split), what stays of it is joined to JavaScript
// (wasm-bindgen), and every file is made small (wasm-opt; not with --quick). For each page that a visitor may open
// first, all modules it needs are packed into one file (www/packed.js says why). The texts of the languages lie
// beside them. scripts/site.mjs puts all of it into dist/, in one folder with the hash of its contents in its name.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, WEB, bindgen, brotli, fail, files, kb, minified, parallel, run, sha256, toolVersion, wasmOpt, write } from './web.mjs';
import { shortNames, withoutStreams } from './glue.mjs';
import { pack } from './pack.mjs';

const input = process.argv[2];
const quick = process.argv.includes('--quick');
if (!input || !existsSync(input)) fail(`there is no module ${input ?? ''}`, 'bash scripts/build.sh compiles it');

const LOCALES = join(ROOT, 'locales');
const out = join(WEB, 'page');
const entryPath = join(out, 'entry.json');
const texts = files(LOCALES).map((name) => readFileSync(join(LOCALES, name)));
const key = sha256(readFileSync(input), ...texts, toolVersion('wasm-bindgen'), String(quick),
  // It names the version of wasm-split, which does not say it itself.
  readFileSync(join(ROOT, 'scripts/setup.sh')), ...['scripts/glue.mjs', 'scripts/pack.mjs', 'www/streams.js'].map((name) => readFileSync(join(ROOT, name))), readFileSync(import.meta.filename));
if (existsSync(entryPath) && JSON.parse(readFileSync(entryPath, 'utf8')).key === key) {
  console.log('page: unchanged');
  process.exit(0);
}

rmSync(out, { recursive: true, force: true });
const [cut, joined] = [join(WEB, 'page-cut'), join(WEB, 'page-joined')];
for (const folder of [cut, joined]) rmSync(folder, { recursive: true, force: true });
run('wasm-split-cli', [input, cut, '--out-name', 'app'], { RUST_LOG: 'error' });
// The parts find what they share with the program among its exports, so these must stay.
bindgen(join(cut, 'app.wasm'), joined, 'app', ['--keep-lld-exports']);

// In a shared file of a few functions there is nothing to gain that would be worth starting the optimiser.
const TINY = 600;
const small = (name, bytes) => (name.endsWith('.js') ? minified(bytes, 'js') : bytes.length < TINY ? bytes : wasmOpt(bytes, '-Oz'));
const place = async ([name, bytes]) => write(join(out, 'app', name), quick ? bytes : await small(name, bytes));
const { js, wasm } = shortNames(...withoutStreams(readFileSync(join(joined, 'app.js'), 'utf8'), readFileSync(join(joined, 'app_bg.wasm'))));
// The loader asks for modules in one place, which looks into the pack first.
const FETCHED = /const src = fetch\(new URL\("\.\/([^"]+)", import\.meta\.url\)\);\s*src\.catch\(\(\) => \{\}\);\s*return async \(imports\) => \(WebAssembly\.instantiateStreaming\(src, imports\)\);/g;
const loader = `import { open } from "../packed.js";\n${readFileSync(join(cut, '__wasm_split.js'), 'utf8')}`
  .replace(FETCHED, (_, name) => `return open("${name}");`);
await parallel([
  ['app_bg.wasm', wasm],
  ['app.js', js],
  ['__wasm_split.js', loader],
  ...files(join(joined, 'snippets')).map((name) => [`snippets/${name}`, readFileSync(join(joined, 'snippets', name))]),
  ...files(cut).filter((name) => !['app.wasm', '__wasm_split.js'].includes(name)).map((name) => [name, readFileSync(join(cut, name))]),
], place);

// Texts of parts that arrive later are files of their own.
const TEXTS = {
  geometry: /^(geometry|rule)\./, theory: /^(theory|claim|claim-number)\./, methods: /^(methods|finite-sum)\./,
  train: /^train\./, attack: /^attack\./, flow: /^flow\./, curve: /^curve\./, versus: /^versus\./, own: /^own\./, atoms: /^atoms\./, map: /^map\./, gallery: /^gallery\.(?!all$|title$)/, sweep: /^sweep\./, errors: /^error\./,
  dialogs: /^(keys|import)\.|^share\.(?!copied$)|^device\.(?!chip\.|reason\.|[cg]pu$)/,
};
const fileOf = (key) => Object.keys(TEXTS).find((part) => TEXTS[part].test(key)) ?? '';

// One line a text: "key": "text", as JSON has it.
for (const name of files(LOCALES)) {
  const lines = readFileSync(join(LOCALES, name), 'utf8').split('\n').filter((line) => line.startsWith('"'));
  let table;
  try {
    table = JSON.parse(`{${lines.join(',\n')}}`);
  } catch (error) {
    fail(`locales/${name} cannot be read: ${error.message}`, 'every line is "key": "text", with quotes inside written as \\"');
  }
  const sorted = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  const tag = name.replace(/\.yml$/, '');
  for (const part of ['', ...Object.keys(TEXTS)]) {
    const texts = Object.fromEntries(sorted.filter(([key]) => fileOf(key) === part));
    write(join(out, 'app', `${tag}${part && '.'}${part}.json`), JSON.stringify(texts));
  }
}

// Which files each part consists of: its own, and those it shares with others. The loader says so.
const shared = new Map([...loader.matchAll(/const (__chunk_\w+) = makeLoad\([^"]*"([^"]+)"/g)].map(([, name, file]) => [name, file]));
const parts = {};
for (const [, part, body, needs] of loader.matchAll(/export const __wasm_split_load_(\w+) = ([\s\S]*?), \[([^\]]*)\]\)\);/g)) {
  const own = body.match(/open\("([^"]+)"/)?.[1];
  parts[part] = [...needs.split(',').map((name) => name.trim()).filter(Boolean).map((name) => shared.get(name)), own];
}
// Every file of the page belongs to a part, and every part's files are there: else a pattern has stopped to fit.
const recognised = new Set(Object.values(parts).flat());
const modules = files(join(out, 'app')).filter((name) => name.endsWith('.wasm') && name !== 'app_bg.wasm');
if (recognised.size === 0 || modules.length !== recognised.size || modules.some((name) => !recognised.has(name))) {
  fail('the parts of the page were not recognised in __wasm_split.js', 'compare it with the patterns in scripts/page.mjs');
}

// A pack a page (pages are the parts that have a style sheet of their own), and one for the way to the engines, which two
// of the pages fetch at once.
const pages = files(join(ROOT, 'www/styles')).map((name) => name.replace(/\.css$/, '')).filter((name) => name in parts);
for (const [name, modules] of [...pages.map((page) => [page, ['app_bg.wasm', ...parts[page]]]), ['engines', parts.engines]]) {
  const { bytes, whole } = pack(modules.map((file) => [file, readFileSync(join(out, 'app', file))]));
  if (whole > 0) console.log(`  ${name}: ${whole} modules lie in the pack whole`);
  write(join(out, 'app', `${name}.pack.wasm`), bytes);
}

for (const folder of [cut, joined]) rmSync(folder, { recursive: true, force: true });
const made = files(join(out, 'app'));
const hash = sha256(...made.map((name) => `${name}:${sha256(readFileSync(join(out, 'app', name)))}\n`)).slice(0, 12);
write(entryPath, JSON.stringify({ key, hash }, null, 2));
if (!quick) {
  for (const name of made) console.log(`  ${kb(brotli(readFileSync(join(out, 'app', name))).length).padStart(9)}  ${name}`);
}
