// One engine, from cargo's module to what the browser fetches:
//   node scripts/engine.mjs cpu|gpu path/to/worker.wasm
// wasm-bindgen joins it to JavaScript, wasm-opt makes it fast (cpu) or small (gpu), and both files get a hash of
// their content in their names, so that they can be cached for ever. scripts/site.mjs puts them into dist/.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WEB, bindgen, brotli, fail, files, kb, minified, sha256, toolVersion, wasmOpt, write } from './web.mjs';

const LEVEL = { cpu: '-O3', gpu: '-Oz' };

const [kind, input] = process.argv.slice(2);
if (!(kind in LEVEL) || !input) fail('engine.mjs was called without an engine', 'node scripts/engine.mjs cpu|gpu path/to/worker.wasm');
if (!existsSync(input)) fail(`${input} does not exist`, 'bash scripts/build.sh compiles it');

const out = join(WEB, 'engine', kind);
const entryPath = join(out, 'entry.json');
const key = sha256(readFileSync(input), toolVersion('wasm-bindgen'), LEVEL[kind], readFileSync(import.meta.filename));

const done = existsSync(entryPath) ? JSON.parse(readFileSync(entryPath, 'utf8')) : null;
if (done?.key === key && [done.js, done.wasm].every((name) => existsSync(join(out, name)))) {
  console.log(`${kind} engine: unchanged, ${kb(done.brotli)} to download`);
  process.exit(0);
}

const started = Date.now();
rmSync(out, { recursive: true, force: true });
const joined = join(out, 'joined');
bindgen(input, joined, kind);

const wasm = await wasmOpt(readFileSync(join(joined, `${kind}_bg.wasm`)), LEVEL[kind]);
const js = minified(readFileSync(join(joined, `${kind}.js`)), 'js');
const hash = sha256(wasm, js).slice(0, 12);
const entry = {
  key,
  js: `${kind}.${hash}.js`,
  wasm: `${kind}.${hash}.wasm`,
  // What a progress bar counts to: bytes after the browser has decompressed them.
  bytes: wasm.length,
  // What goes over the line, module and glue together.
  brotli: brotli(wasm).length + brotli(js).length,
};
write(join(out, entry.js), js);
write(join(out, entry.wasm), wasm);
// JavaScript that came with a crate; the glue imports it from here.
for (const name of files(join(joined, 'snippets'))) write(join(out, 'snippets', name), readFileSync(join(joined, 'snippets', name)));
rmSync(joined, { recursive: true, force: true });
write(entryPath, JSON.stringify(entry, null, 2));
console.log(`${kind} engine: ${kb(wasm.length)}, ${kb(entry.brotli)} to download, optimised in ${((Date.now() - started) / 1000).toFixed(0)} s`);
