// Trunk's post-build hook: makes the site in Trunk's staging folder whole.
//   1. optimises the page's module
//   2. joins the style sheets into one file, because each one costs a request before the first paint
//   3. adds what needs no building (www/ except styles: worker, icon, data, models) and the finished engines
//   4. writes beside each text or module its brotli form, for servers that send those
//   5. writes into sw.js what there is, with hashes
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, WEB, brotli, fail, files, sha256, wasmOpt, write } from './web.mjs';

const stage = process.env.TRUNK_STAGING_DIR;
if (!stage) fail('finish.mjs is a hook of Trunk and was called by hand', 'bash scripts/build.sh');
const read = (...path) => readFileSync(join(...path));
const text = (...path) => readFileSync(join(...path), 'utf8');

// 1
const quick = Boolean(process.env.FWLAB_QUICK);
for (const name of files(stage)) {
  if (name.endsWith('_bg.wasm') && !quick) write(join(stage, name), wasmOpt(read(stage, name), '-Oz'));
}

// 2
let html = text(stage, 'index.html');
const sheets = [...html.matchAll(/<link rel="stylesheet" href="(?:\.\/)?([^"]+\.css)"[^>]*>\s*/g)];
if (sheets.length > 0) {
  const css = sheets.map(([, name]) => text(stage, name)).join('\n');
  const name = `app-${sha256(css).slice(0, 12)}.css`;
  for (const [, part] of sheets) rmSync(join(stage, part), { force: true });
  write(join(stage, name), css);
  for (const [i, [tag]] of sheets.entries()) html = html.replace(tag, i === 0 ? `<link rel="stylesheet" href="./${name}">\n` : '');
  write(join(stage, 'index.html'), html);
}

// 3
const own = join(ROOT, 'www');
for (const name of files(own)) if (!name.startsWith('styles/')) write(join(stage, name), read(own, name));

const engines = { cpu: null, gpu: null };
for (const kind of Object.keys(engines)) {
  const folder = join(WEB, 'engine', kind);
  if (!existsSync(join(folder, 'entry.json'))) continue;
  const { js, wasm, bytes, brotli } = JSON.parse(text(folder, 'entry.json'));
  engines[kind] = { js, wasm, bytes, brotli };
  for (const name of files(folder)) if (name !== 'entry.json') write(join(stage, 'engine', name), read(folder, name));
}
const release = text(ROOT, 'Cargo.toml').match(/^version *= *"(.+)"/m)?.[1] ?? '0.0.0';
const built = sha256(...files(stage).filter((name) => name !== 'sw.js').map((name) => `${name}:${sha256(read(stage, name))}\n`)).slice(0, 8);
const version = `${release}+${built}`;
write(join(stage, 'engine/manifest.json'), JSON.stringify({ ...engines, version }, null, 2));

// 4
const COMPRESSIBLE = /\.(wasm|js|css|html|json|svg|webmanifest)$/;
for (const name of files(stage)) {
  if (!COMPRESSIBLE.test(name) || name === 'sw.js') continue;
  // The server sends what it has; compressing a module that was not optimised takes longer than sending it.
  if (quick && name.endsWith('_bg.wasm')) continue;
  write(join(stage, `${name}.br`), brotli(read(stage, name)));
}

// 5
const listed = files(stage).filter((name) => !name.endsWith('.br') && !name.endsWith('.md') && name !== 'sw.js');
const hashes = Object.fromEntries(listed.map((name) => [name, sha256(read(stage, name)).slice(0, 16)]));
// The shell is what the first page needs; engines, data and models are kept when they are first used.
const shell = listed.filter((name) => !/^(engine\/.*\.(js|wasm)$|data\/|models\/)/.test(name));
const worker = text(stage, 'sw.js');
const filled = worker.replace(/\/\*site\*\/[\s\S]*?\/\*end\*\//, () => `/*site*/${JSON.stringify({ version, shell, hashes })}/*end*/`);
if (filled === worker) fail('www/sw.js has no /*site*/…/*end*/ to fill', 'git checkout www/sw.js');
write(join(stage, 'sw.js'), filled);
