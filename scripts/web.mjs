// What the scripts of the web build share: hashes, a cache by content, wasm-opt and brotli.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { transformSync } from 'esbuild-wasm';

export const ROOT = resolve(import.meta.dirname, '..');
export const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
/** Finished engines and caches of the web build. */
export const WEB = join(TARGET, 'web');
const CACHE = join(WEB, 'cache');

/** Ends the program with what is wrong and what to do about it. */
export function fail(wrong, remedy) {
  console.error(`\nerror: ${wrong}\n  fix: ${remedy}`);
  process.exit(1);
}

export const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** Writes a file whole or not at all, so that an interrupted build leaves no half of one. */
export function write(path, bytes) {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, bytes);
  renameSync(part, path);
}

/** All files under a folder, as paths with forward slashes relative to it, sorted. */
export function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/'))
    .sort();
}

const MONTH_MS = 30 * 24 * 3600 * 1000;

/** Bytes kept under `key`, if there are any. */
function kept(key) {
  const path = join(CACHE, key);
  if (!existsSync(path)) return undefined;
  const now = new Date();
  utimesSync(path, now, now);
  return readFileSync(path);
}

/** Keeps bytes under `key`. Entries that nothing asked for in a month are removed. */
function keep(key, bytes) {
  write(join(CACHE, key), bytes);
  for (const name of readdirSync(CACHE)) {
    const old = join(CACHE, name);
    // Another build beside this one may just have removed it.
    if (Date.now() - (statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > MONTH_MS) rmSync(old, { force: true });
  }
  return bytes;
}

/** `work` of every item, as many at a time as there are processors; the results in the order of the items. */
export async function parallel(items, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

/** Runs a tool, with its output on the terminal; ends the program if it fails. */
export function run(tool, args, env = {}) {
  const { status, error } = spawnSync(tool, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  if (error) fail(`${tool} is not installed`, 'bash scripts/setup.sh build');
  if (status !== 0) fail(`${tool} failed`, 'read its message above');
}

/** What a tool says of its version; part of the keys of what it made. */
export function toolVersion(tool) {
  const { status, stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout : tool;
}

/** Joins a compiled module to JavaScript: `NAME.js` and `NAME_bg.wasm` in `out`. */
export function bindgen(input, out, name, more = []) {
  mkdirSync(out, { recursive: true });
  run('wasm-bindgen', ['--target', 'web', '--no-typescript', '--omit-default-module-path', ...more, '--out-name', name, '--out-dir', out, input]);
}

/** What the compiler uses beyond the first WebAssembly standard; wasm-opt must be told. */
const WASM_FEATURES = [
  'simd', 'bulk-memory', 'nontrapping-float-to-int', 'reference-types', 'sign-ext', 'mutable-globals', 'multivalue',
].map((feature) => `--enable-${feature}`);

/** Optimised bytes of a module. `level`: `-O3` for speed, `-Oz` for size. Debug names are dropped. */
export async function wasmOpt(bytes, level) {
  const tool = join(ROOT, 'node_modules/binaryen/bin/wasm-opt');
  const version = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies?.binaryen ?? 'unpinned';
  if (!existsSync(tool)) fail('wasm-opt (node package binaryen) is not installed', 'bash scripts/setup.sh build');
  const args = [level, '--strip-debug', '--strip-producers', ...WASM_FEATURES];
  const key = sha256(bytes, version, args.join());
  const done = kept(`${key}.wasm`);
  if (done) return done;
  mkdirSync(CACHE, { recursive: true });
  const [input, output] = ['in', 'out'].map((end) => join(CACHE, `${key}.${process.pid}.${end}`));
  try {
    writeFileSync(input, bytes);
    const child = spawn(process.execPath, [tool, input, '-o', output, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    const status = await new Promise((resolve) => { child.once('exit', (code, signal) => resolve(code ?? signal)); });
    if (status !== 0) fail(`wasm-opt ${level} failed (status ${status})`, 'read its message above');
    return keep(`${key}.wasm`, readFileSync(output));
  } finally {
    rmSync(input, { force: true });
    rmSync(output, { force: true });
  }
}

/** A script or style sheet without comments, spaces and long names. */
export const minified = (text, loader) => transformSync(String(text), { minify: true, loader, target: 'es2022' }).code;

/** The bytes as a web server would send them: brotli, quality 11, largest window that every browser takes. */
export function brotli(bytes) {
  const key = `${sha256(bytes)}.br`;
  return kept(key) ?? keep(key, brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }));
}

/** Kilobytes of 1000 bytes, for people. */
export const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
