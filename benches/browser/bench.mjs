// `make bench`: the lab against TensorFlow.js in the same browser, in one run, as ratios.
//
//   1. one SGD training step of the same small network (batch 64, 32×32×3), the sides taking turns
//   2. bytes of each page and engine, brotli
//   3. from navigation to the first drawn figure and to the first training step, on a 10 Mbit/s link
//   4. Auto-FW against APGD, per gradient call
//
//   node benches/browser/bench.mjs [steps] [bytes] [cold] [attack]      without words: all four
//
// Prints a Markdown table. Environment: BENCH_OUT = file for the numbers as JSON; ROUNDS (default 3);
// CHROME, DIST, WEBGPU as in tests/browser/browser.mjs. Ratios hold on any machine, milliseconds only
// on this one, and with a software adapter a GPU time says nothing about a real GPU.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { brotli, WEB } from '../../scripts/web.mjs';
import { ROOT, launch, serve } from '../../tests/browser/browser.mjs';
import { throttle } from './throttled.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const KILO = 1000;
/** The pages, as scripts/budget.mjs weighs them. */
const PAGES = ['geometry', 'theory', 'methods', 'train', 'attack'];

/** Who trains: steps a turn are few where a step takes seconds. */
const SIDES = [
  { name: 'lab cpu', page: 'lab', device: 'cpu', steps: 15 },
  { name: 'TensorFlow.js webgpu', page: 'tfjs', device: 'webgpu', steps: 2 },
  { name: 'lab gpu', page: 'lab', device: 'gpu', steps: 2 },
  { name: 'TensorFlow.js cpu', page: 'tfjs', device: 'cpu', steps: 1 },
];

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
};
const log = (line) => process.stderr.write(`${line}\n`);

/** Opens the lab with nothing running, once its bench hook is there. */
async function openLab(browser, url, hash) {
  const page = await browser.newPage();
  await page.goto(`${url}${hash}`);
  await page.waitForFunction(() => typeof window.__fwlab_bench === 'function', null, { timeout: 120_000 });
  const running = () => page.evaluate(() => document.querySelector('[data-engine-state]')?.getAttribute('data-engine-state') === 'running');
  if (await running()) await page.locator('[data-act="play"]:visible').first().click();
  return page;
}

/** Milliseconds of `steps` training steps of one side. */
async function turn(pages, { page, device, steps }) {
  await pages[page].bringToFront();
  if (page === 'tfjs') {
    const result = await pages.tfjs.evaluate(([d, n]) => window.__tfjs_bench(d, n), [device, steps]);
    return result.ms_per_step;
  }
  const result = await pages.lab.evaluate(([d, n]) => window.__fwlab_bench(d, n), [device, steps]);
  return result.milliseconds ?? [result.ms_per_step_median];
}

/** Part 1: `{ side: { ms, all } }`. */
async function trainingSteps(browser, lab, repository) {
  const pages = {
    lab: await openLab(browser, lab.url, '#/train?v=1'),
    tfjs: await browser.newPage(),
  };
  await pages.tfjs.goto(`${repository.url}benches/browser/tfjs.html`);
  const times = Object.fromEntries(SIDES.map(({ name }) => [name, []]));
  for (const side of SIDES) {
    log(`warming up: ${side.name}`);
    const first = await turn(pages, { ...side, steps: side.device === 'cpu' && side.page === 'lab' ? 3 : 1 });
    log(`  first step ${first[0].toFixed(0)} ms`);
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const side of SIDES) {
      const took = await turn(pages, side);
      times[side.name].push(...took);
      log(`round ${round} of ${ROUNDS}: ${side.name} ${median(took).toFixed(1)} ms/step`);
    }
  }
  await pages.lab.close();
  await pages.tfjs.close();
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, { ms: median(all), all }]));
}

/** Part 3: milliseconds from navigation to a performance mark, each in a fresh profile. */
async function coldStart(browser, url, hash, mark) {
  const context = await browser.newContext();
  // Training starts as soon as it can: by itself, or by pressing play the moment the engine is up.
  await context.addInitScript(() => {
    const timer = setInterval(() => {
      const state = document.querySelector('[data-engine-state]')?.getAttribute('data-engine-state');
      if (state === 'running') clearInterval(timer);
      if (state !== 'ready' && state !== 'paused') return;
      clearInterval(timer);
      if (location.hash.startsWith('#/train')) document.querySelector('[data-act="play"]')?.click();
    }, 10);
  });
  const page = await context.newPage();
  await page.goto(`${url}${hash}`, { waitUntil: 'commit' });
  const reached = await page.waitForFunction(
    (name) => performance.getEntriesByName(name)[0]?.startTime, mark, { timeout: 120_000, polling: 100 },
  );
  const ms = await reached.jsonValue();
  await context.close();
  return ms;
}

async function coldStarts(browser, lab) {
  const cases = [
    ['first figure, geometry', '#/geometry?v=1', 'fwlab:first-figure'],
    ['first figure, train', '#/train?v=1', 'fwlab:first-figure'],
    ['first training step', '#/train?v=1', 'fwlab:first-step'],
  ];
  const link = await throttle(lab.url, { megabits: 10, roundTrip: 20 });
  const result = {};
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [name, hash, mark] of cases) {
      const before = link.bytes();
      const ms = await coldStart(browser, link.url, hash, mark);
      const kilobytes = (link.bytes() - before) / KILO;
      log(`round ${round} of ${ROUNDS}: ${name} after ${ms.toFixed(0)} ms, ${kilobytes.toFixed(0)} kB over the link`);
      const entry = (result[name] ??= { all: [], kilobytes });
      entry.all.push(ms);
    }
  }
  await link.stop();
  for (const entry of Object.values(result)) entry.ms = median(entry.all);
  return result;
}

/** Part 4: `{ auto_fw_ms, apgd_ms }` per gradient call, on the bundled network. */
async function attacks(browser, lab) {
  const page = await openLab(browser, lab.url, '#/attack?v=1');
  const turns = [];
  // The first turn warms up. The two take turns, so that a busy moment hits both.
  for (let turn = 0; turn <= 2 * ROUNDS; turn += 1) {
    const result = await page.evaluate(() => window.__fwlab_attack_bench());
    if (turn > 0) turns.push(result);
  }
  await page.close();
  const of = (side) => median(turns.map((turn) => turn[side]));
  return { auto_fw_ms: of('auto_fw_ms'), apgd_ms: of('apgd_ms') };
}

/** Part 2: bytes of a download, as the build weighed them, with TensorFlow.js beside them. */
function bytes() {
  const sent = (path) => brotli(readFileSync(join(ROOT, 'node_modules/@tensorflow', path))).length;
  return {
    ours: JSON.parse(readFileSync(join(WEB, 'sizes.json'), 'utf8')),
    theirs: { cpu: sent('tfjs/dist/tf.min.js'), gpu: sent('tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js') },
  };
}

/** The rows of the table: what, measured, against, ratio, target, met. */
function rows({ steps, bytes: weights, cold, attack }) {
  const table = [];
  const row = (what, ours, theirs, ratio, target, met) => table.push([what, ours, theirs, ratio, target, met === undefined ? '' : met ? 'yes' : '**no**']);
  const ms = (value) => `${value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;
  const kb = (value) => `${(value / KILO).toFixed(0)} kB`;
  const sized = (title, ours, theirs) => {
    // Not built, or weighed without a limit: then there is nothing to meet.
    if (!ours) return;
    const [target, met] = ours.limit === null ? ['', undefined] : [`≤ ${kb(ours.limit)}`, ours.sent <= ours.limit];
    row(`bytes, brotli: ${title}`, kb(ours.sent), theirs ? kb(theirs) : '', theirs ? (ours.sent / theirs).toFixed(2) : '', target, met);
  };
  if (steps) {
    const [cpu, gpu] = [steps['lab cpu'].ms, steps['lab gpu'].ms];
    const [theirCpu, theirGpu] = [steps['TensorFlow.js cpu'].ms, steps['TensorFlow.js webgpu'].ms];
    const faster = theirCpu / cpu;
    row('training step, CPU, against TensorFlow.js cpu', ms(cpu), ms(theirCpu), `${faster.toFixed(1)}× faster`, '≥ 60×', faster >= 60);
    const share = gpu / theirGpu;
    row('training step, WebGPU, against TensorFlow.js webgpu', ms(gpu), ms(theirGpu), `${share.toFixed(2)} of its time`, '≤ 0.45', share <= 0.45);
  }
  if (weights) {
    for (const name of PAGES) sized(`page, opened on ${name}`, weights.ours[name]);
    sized('CPU engine', weights.ours.cpu, weights.theirs.cpu);
    sized('GPU engine', weights.ours.gpu, weights.theirs.gpu);
  }
  if (cold) {
    const targets = { 'first figure, geometry': 1000, 'first figure, train': 1000, 'first training step': 5000 };
    for (const [name, { ms: took, kilobytes }] of Object.entries(cold)) {
      row(`navigation to ${name}, 10 Mbit/s`, ms(took), `${kilobytes.toFixed(0)} kB`, '', `< ${targets[name] / 1000} s`, took < targets[name]);
    }
  }
  if (attack) {
    const ratio = attack.auto_fw_ms / attack.apgd_ms;
    row('Auto-FW, per gradient call, against APGD', ms(attack.auto_fw_ms), ms(attack.apgd_ms), ratio.toFixed(2), '', undefined);
  }
  return table;
}

function markdown(table) {
  const head = ['what', 'lab', 'against', 'ratio', 'target', 'met'];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...table.map(line)].join('\n');
}

const result = {
  date: new Date().toISOString(),
  machine: { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.cpus().length, load: os.loadavg()[0] },
};
let failed = 0;
const wanted = process.argv.slice(2);
const part = async (name, run) => {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  try {
    result[name] = await run();
  } catch (error) {
    failed += 1;
    (result.failures ??= []).push(`${name}: ${error.message.split('\n')[0]}`);
    log(`${name} failed: ${error.message}`);
  }
};

const lab = await serve();
const repository = await serve({ dir: ROOT });
const browser = await launch({ gpu: true });
result.browser = browser.version();
try {
  await part('bytes', async () => bytes());
  // Before anything is warm: the link first, the long computations last.
  await part('cold', () => coldStarts(browser, lab));
  await part('attack', () => attacks(browser, lab));
  await part('steps', () => trainingSteps(browser, lab, repository));
} finally {
  await browser.close();
  await lab.stop();
  await repository.stop();
}

const { cpu, cores, load } = result.machine;
console.log(`\n${markdown(rows(result))}\n`);
console.log(`Chromium ${result.browser}, ${cpu}, ${cores} cores, ${process.env.WEBGPU === 'hardware' ? 'its GPU' : 'software WebGPU adapter'}, load ${load.toFixed(1)} at the start.`);
if (load > cores / 2) console.log('The machine was busy: milliseconds are too high, ratios uncertain. Run it again when idle.');
for (const failure of result.failures ?? []) console.log(`Not measured: ${failure}`);
if (process.env.BENCH_OUT) {
  const out = resolve(process.env.BENCH_OUT);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`);
}
process.exit(failed ? 1 : 0);
