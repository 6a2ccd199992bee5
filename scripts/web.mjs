// What the scripts of the web build share: hashes, a cache by content, binaryen and brotli.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Worker } from 'node:worker_threads';
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

/** Threads with binaryen in them that wait for work. */
const optimisers = [];

function optimiser() {
  const thread = new Worker(join(ROOT, 'scripts/optimiser.mjs'));
  thread.on('error', (error) => fail(`binaryen stopped: ${error.message}`, 'bash scripts/setup.sh build'));
  return thread;
}

/** Optimised bytes of a module. `level`: `-O3` for speed, `-Oz` for size, as in wasm-opt. Debug names are dropped. */
export async function wasmOpt(bytes, level) {
  const version = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies?.binaryen ?? 'unpinned';
  if (!existsSync(join(ROOT, 'node_modules/binaryen'))) fail('the node package binaryen is not installed', 'bash scripts/setup.sh build');
  const key = sha256(bytes, version, level, readFileSync(join(ROOT, 'scripts/optimiser.mjs')));
  const done = kept(`${key}.wasm`);
  if (done) return done;
  const thread = optimisers.pop() ?? optimiser();
  // Node ends when only idle threads are left.
  thread.ref();
  const answer = await new Promise((resolve) => {
    thread.once('message', resolve);
    thread.postMessage({ bytes, level });
  });
  thread.unref();
  optimisers.push(thread);
  if (answer.error) fail(`binaryen ${level} failed: ${answer.error}`, 'read its message above');
  return keep(`${key}.wasm`, Buffer.from(answer.bytes));
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
