// Starting things: the browser, with or without a WebGPU adapter, and the server of the built app.
// Shared by the browser tests and by `make bench`.
//
// Environment: CHROME = path of a Chromium or Chrome; DIST = the built app (default dist/);
// WEBGPU = `software` (default, an adapter that runs on the CPU) or `hardware`.

import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { serve as serveFolder } from '../../scripts/serve.mjs';

/** The repository. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** The built app. */
export const DIST = resolve(ROOT, process.env.DIST ?? 'dist');

/** What every run needs: no first-run pages, no traffic of the browser's own, no host but ours. */
const COMMON = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Any request to another host fails, and a failed request fails the test.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** An adapter on machines without a GPU. Without these, `requestAdapter()` gives null there. */
const WEBGPU = process.env.WEBGPU === 'hardware'
  ? ['--enable-unsafe-webgpu', '--enable-features=Vulkan']
  : ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];

/**
 * The path of a Chromium or Chrome: $CHROME, else the first known name on the PATH.
 * @throws {Error} when there is none, saying how to get one.
 */
export function findChrome() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'].filter(Boolean);
  const candidates = process.env.CHROME
    ? [process.env.CHROME]
    : names.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here: try the next
    }
  }
  throw new Error(
    'No Chromium found. Install it (Debian: apt-get install chromium) or set CHROME to its path.',
  );
}

/**
 * Starts a headless browser.
 * @param {{ gpu?: boolean }} options gpu: offer a WebGPU adapter (software, unless WEBGPU=hardware)
 */
export function launch({ gpu = false } = {}) {
  return chromium.launch({
    executablePath: findChrome(),
    headless: true,
    args: gpu ? [...COMMON, ...WEBGPU] : COMMON,
  });
}

/**
 * Serves a folder on a free port of 127.0.0.1 with the product's own server.
 * @param {{ dir?: string, prefix?: string }} options prefix: the sub-path, `/` or `/a/b/`
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>} url ends with the prefix
 * @throws {Error} when the app is not built
 */
export async function serve({ dir = DIST, prefix = '/' } = {}) {
  if (dir === DIST && !existsSync(join(dir, 'index.html'))) {
    throw new Error(`${dir} holds no index.html. Run “make build” first, or set DIST to a built app.`);
  }
  const { port, close } = await serveFolder({ dir, prefix, port: 0, host: '127.0.0.1' });
  // The number rather than the name: no look-up, and one origin for every test.
  return { url: `http://127.0.0.1:${port}${prefix}`, stop: close };
}
