// Every ball with a WebGPU adapter: the same two images, the same seed and the same calls as on the CPU, and what the
// two devices find is compared. On machines without a GPU it is a software adapter, slow but right; so the network is
// the smallest of those that ship, and each device races ball after ball on one page, because an engine takes long to
// start.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab({ gpu: true });

/** Gradient calls after the one at the start: what a random start, a projection and a heavy ball need to matter. */
const CALLS = 2;
/** Each ball, attacks that are defined for it (together they are all attacks of the lab), and calls if they are fewer. */
const RACES = [
  ['l2', 'auto-fw,pgd,carlini-wagner'],
  ['l1', 'auto-fw,apgd'],
  ['lp', 'auto-fw,fgsm'],
  ['nuclear', 'auto-fw,fw-momentum'],
  // Its oracle and its projection are hundreds of small kernels, a minute a call on a software adapter.
  ['wasserstein', 'auto-fw,sinkhorn', 1],
  ['linf', 'auto-fw,apgd,margin-linf'],
];
const STATE = { victim: 'fashion-mnist-sfw', data: 'fashion-mnist', images: '2', N: '5', seed: '7' };
/** Milliseconds that a call may take where every kernel is still to be compiled. */
const SLOW = 180_000;

/**
 * Allowed difference of a loss, relative to its size or 1. At the start only sums are ordered otherwise. After a call
 * through sign(), a pixel whose slope is a rounding error of 0 may go the other way by all of 2ε; but to the loss it
 * matters no more than its slope does, so losses are compared and iterates are not.
 */
const AT_THE_START = 1e-4;
const TOLERANCE = 2e-3;
/** Allowed difference of a probability of the 8-bit image; where two classes are further apart than twice that, the
 * verdict must be the same. */
const PROBABILITY = 0.02;

/** What became of each image; nothing before an answer. */
function results(view) {
  return view.page.$$eval('[data-figure="grid"] [data-result]', (all) => all.map((cell) => cell.getAttribute('data-result')));
}

/** One race on the page that is open: best losses call by call, and the answers to the first image under each attack. */
async function raced(view, device, [norm, attacks, calls = CALLS]) {
  const began = Date.now();
  await view.page.evaluate((hash) => { location.hash = hash; }, link('attack', { ...STATE, norm, attacks, device }));
  // The race before stood at another call, and the first one had another number of images.
  await until(`${norm}: call 0`, async () => [await view.t(), (await results(view)).length], ([t, n]) => t === 0 && n === 2, SLOW);
  for (let call = 1; call <= calls; call += 1) {
    await view.act('step');
    await until(`${norm}: call ${call}`, () => view.t(), (t) => t === call, SLOW);
  }
  const losses = await view.table('race');
  const answers = {};
  for (const key of attacks.split(',')) {
    await view.page.locator(`[data-show="${key}"]`).click();
    const { columns, rows } = await view.table('triptych');
    assert.equal(columns.length, 3, `${columns}`);
    answers[key] = rows.map((row) => ({ clean: Number(row[1]), attacked: Number(row[2]) }));
  }
  return { norm, losses, answers, results: await results(view), seconds: (Date.now() - began) / 1000 };
}

/** A page on which a device is in charge. Its first race is one that no other is taken for. */
async function opened(device) {
  const view = await lab.open(link('attack', { ...STATE, images: '1', attacks: 'fgsm', device }));
  await until(`${device} is in charge`, () => view.device(), (now) => now === device, 300_000);
  return view;
}

/** All races, one after the other. */
async function all(view, device) {
  const races = [];
  for (const race of RACES) races.push(await raced(view, device, race));
  return races;
}

/** Asserts that the best losses of a race agree; returns the largest differences at the start and after it. */
function compareLosses({ norm, losses: cpu }, { losses: gpu }) {
  assert.deepEqual(gpu.columns, cpu.columns, norm);
  const largest = [0, 0];
  const names = cpu.columns.map((name, i) => [name, i]).filter(([name]) => /best loss/i.test(name));
  assert.ok(names.length >= 4, `${norm}: best and mean of each attack: ${cpu.columns}`);
  assert.ok(cpu.rows.length >= 2 && gpu.rows.length === cpu.rows.length, `${norm}: as many calls`);
  for (const [name, i] of names) {
    for (let call = 0; call < cpu.rows.length; call += 1) {
      const [a, b] = [cpu, gpu].map(({ rows }) => Number(rows[call][i] || NaN));
      const difference = Math.abs(a - b) / Math.max(1, Math.abs(a));
      const allowed = call === 0 ? AT_THE_START : TOLERANCE;
      assert.ok(difference <= allowed, `${norm}, call ${call}, ${name}: ${a} on the CPU, ${b} on the GPU`);
      largest[Math.min(call, 1)] = Math.max(largest[Math.min(call, 1)], difference);
    }
  }
  return largest;
}

/** What the attacked image is taken for, and how far that class is ahead of the others. */
function verdict(answers) {
  const sorted = answers.map(({ attacked }, i) => [attacked, i]).sort((a, b) => b[0] - a[0]);
  return { class: sorted[0][1], ahead: sorted[0][0] - sorted[1][0] };
}

/** Asserts that the 8-bit images of a race get the same answers; returns how many verdicts were clear enough to tell. */
function compareVerdicts(cpu, gpu) {
  const keys = Object.keys(cpu.answers);
  for (const key of keys) {
    for (const when of ['clean', 'attacked']) {
      cpu.answers[key].forEach((row, i) => {
        const [a, b] = [row[when], gpu.answers[key][i][when]];
        assert.ok(Math.abs(a - b) <= PROBABILITY, `${cpu.norm}, ${key}, ${when}, class ${i}: ${a} on the CPU, ${b} on the GPU`);
      });
    }
  }
  const clear = keys.filter((key) => verdict(cpu.answers[key]).ahead > 2 * PROBABILITY);
  for (const key of clear) assert.equal(verdict(gpu.answers[key]).class, verdict(cpu.answers[key]).class, `${cpu.norm}, ${key}`);
  if (clear.length === keys.length) assert.equal(gpu.results[0], cpu.results[0], `${cpu.norm}: what became of the first image`);
  return clear.length;
}

test('on every ball the attacks find on the GPU what they find on the CPU, and its atoms are shown', { timeout: 900_000 }, async (t) => {
  const plain = await opened('cpu');
  const cpu = await all(plain, 'cpu');
  await plain.page.close();
  const view = await opened('gpu');
  const gpu = await all(view, 'gpu');
  assert.equal(await view.device(), 'gpu', 'the GPU kept the races');
  let clear = 0;
  RACES.forEach(([norm], i) => {
    const [start, later] = compareLosses(cpu[i], gpu[i]);
    clear += compareVerdicts(cpu[i], gpu[i]);
    t.diagnostic(`${norm}: losses differ by ${start.toExponential(1)} at the start and ${later.toExponential(1)} later; ${gpu[i].seconds.toFixed(0)} s`);
  });
  assert.ok(clear >= 10, `of 14 verdicts only ${clear} were clear enough to compare`);

  // The figures below ask the same engine for more than a race does. Two steps of 0.75 leave 1/16 at the clean image.
  await view.page.locator('[data-show="auto-fw"]').click();
  await view.page.locator('#atoms').scrollIntoViewIfNeeded();
  const atoms = async () => {
    const tiles = await view.page.locator('[data-figure="atoms"] [data-atom]').count();
    return tiles && { tiles, weights: (await view.table('atoms')).series(/^Weight$/, /Rank/).map(({ y }) => y) };
  };
  const whole = ({ tiles, weights }) => tiles === weights?.length && Math.abs(weights.reduce((a, b) => a + b, 0) - 15 / 16) < 1e-4;
  const { tiles } = await until('the atoms of Auto-FW', atoms, whole, SLOW);
  assert.ok(tiles <= CALLS, `at most a vertex a call: ${tiles}`);
  const share = await until('their sum is judged', () => view.text('[data-figure="atoms"] .share'), (text) => /\d %/.test(text ?? ''), SLOW);
  assert.doesNotMatch(share, /NaN/);
  await view.shot('attack-gpu-balls');
});
