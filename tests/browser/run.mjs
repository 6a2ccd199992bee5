// Runs the browser tests one file after another with Node's own test runner.
//
//   node tests/browser/run.mjs              all of them
//   node tests/browser/run.mjs train axe    those whose file name contains a word
//
// Environment: CHROME, DIST, WEBGPU (see browser.mjs); SHOTS = folder for screenshots (see lab.mjs).

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

/** Ends with one sentence: what is missing and what to do. */
function stop(sentence) {
  console.error(sentence);
  process.exit(2);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  stop(`The browser tests need Node 20.12 or newer, this is ${process.versions.node}. Install a newer Node.`);
}

const browser = await import('./browser.mjs').catch((error) => {
  stop(`The browser tests need their packages (${error.message.split('\n')[0]}). Run “npm install” first.`);
});
try {
  browser.findChrome();
} catch (error) {
  stop(error.message);
}
if (!existsSync(join(browser.DIST, 'index.html'))) {
  stop(`${browser.DIST} holds no built app. Run “make build” first.`);
}

const words = process.argv.slice(2);
const files = readdirSync(HERE)
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
  .map((name) => relative(process.cwd(), join(HERE, name)));
if (files.length === 0) stop(`No browser test is called like “${words.join(' ')}”.`);

// One at a time: two browsers that train would disturb each other's timings.
const child = spawn(
  process.execPath,
  ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files],
  { stdio: 'inherit' },
);
child.once('exit', (code, signal) => process.exit(signal ? 1 : code));
