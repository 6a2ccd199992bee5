// Training on the CPU, in a browser that has no WebGPU adapter: the fallback is the normal case.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 180_000 };

/** Mean of the first and of the last ten values of a series. */
function ends(series) {
  const mean = (part) => part.reduce((sum, point) => sum + point.y, 0) / part.length;
  return [mean(series.slice(0, 10)), mean(series.slice(-10))];
}

/** Loss of run A at each step, as text, so that it can be compared to the last digit. */
async function lossOfA(view) {
  return (await view.csv('loss')).series(/^loss_a$/).map(({ x, text }) => `${x}: ${text}`);
}

test('without an adapter the CPU engine trains, and the loss falls within 60 steps', MINUTES, async () => {
  const view = await lab.open(link('train'));
  await view.play();
  assert.equal(await view.device(), 'cpu');
  await view.untilStep(60, 120_000);
  await view.pause();

  const loss = (await view.csv('loss')).series(/^loss_a$/);
  assert.ok(loss.length >= 50, `a row a step: ${loss.length}`);
  const [first, last] = ends(loss);
  assert.ok(last < first - 0.05, `the loss falls: ${first.toFixed(3)} → ${last.toFixed(3)}`);

  const accuracy = await view.text('[data-test-acc]');
  assert.match(accuracy ?? '', /\d/, 'a test accuracy is on screen');
  await view.shot('train-cpu');
});

test('full gap and batch gap are both drawn, kept apart, and never negative', MINUTES, async () => {
  const view = await lab.open(link('train', { every: '10' }));
  await view.play();
  await view.untilStep(25, 120_000);
  await view.pause();
  const table = await view.csv('gap');
  const batch = table.series(/^batch_gap_a$/);
  const full = table.series(/^full_gap_a$/);
  assert.ok(batch.length >= 20, `a batch gap a step: ${batch.length}`);
  assert.ok(full.length >= 3, `full gaps at 1, 5, 10, 20, …: ${full.length}`);
  for (const { x, y } of [...batch, ...full]) assert.ok(y >= 0, `gap ${y} at t = ${x}`);
});

test('pause stops, Step makes one step, play goes on', MINUTES, async () => {
  const view = await lab.open(link('train', { net: 'tiny' }));
  await view.play();
  await view.untilStep(5);
  const stopped = await view.pause();
  // One press is one step, or one of its three sub-steps: at most four presses for a step.
  let presses = 0;
  while ((await view.t()) === stopped && presses < 5) {
    await view.act('step');
    presses += 1;
    await view.settled();
  }
  assert.equal(await view.t(), stopped + 1, `one step after ${presses} presses`);
  await view.play();
  await view.untilStep(stopped + 5);
});

test('reset gives the same losses to the last digit, a new seed gives others', MINUTES, async () => {
  const view = await lab.open(link('train', { net: 'tiny' }));
  await view.play();
  await view.untilStep(12);
  await view.pause();
  const before = (await lossOfA(view)).slice(0, 10);

  await view.act('reset');
  await until('t is 0', () => view.t(), (t) => t === 0);
  await view.play();
  await view.untilStep(12);
  await view.pause();
  assert.deepEqual((await lossOfA(view)).slice(0, 10), before, 'same seed, same run');

  await view.act('new-seed');
  await until('t is 0', () => view.t(), (t) => t === 0);
  await view.play();
  await view.untilStep(12);
  await view.pause();
  assert.notDeepEqual((await lossOfA(view)).slice(0, 10), before, 'another seed, another run');
});

test('A and B run in lock-step on the same batches', MINUTES, async () => {
  const view = await lab.open(link('train', { net: 'tiny' }));
  await view.engine();
  await view.act('compare');
  await until('the comparison is in the link', () => view.hash(), (hash) => hash.includes('compare=1'), 10_000);
  await view.play();
  await view.untilStep(15, 90_000);
  await view.pause();
  const table = await view.csv('loss');
  const a = table.series(/^loss_a$/);
  const b = table.series(/^loss_b$/);
  assert.equal(a[0].x, b[0].x);
  const [firstA, firstB] = [a[0].y, b[0].y];
  assert.ok(b.length >= 10, 'B has steps of its own');
  assert.ok(Math.abs(firstA - firstB) < 1e-5, `same weights, same first batch: ${firstA}, ${firstB}`);
  assert.ok(a.slice(5, 10).some((point, i) => point.text !== b[i + 5].text), 'then their ways part');
  await view.shot('train-ab');
});

test('scrubbing back goes to a snapshot, and playing goes on from there', MINUTES, async () => {
  const view = await lab.open(link('train', { net: 'tiny', every: '10' }));
  await view.play();
  await view.untilStep(25);
  const far = await view.pause();
  const scrub = view.page.locator('.scrub[role="slider"], .scrub [role="slider"], .scrub input[type="range"]').first();
  await scrub.focus();
  await view.page.keyboard.press('Home');
  await until('t went back', () => view.t(), (t) => t < far, 15_000);
  const back = await view.settled();
  await view.play();
  await view.untilStep(back + 5);
});

test('filters, layers and sample images are filled while training', MINUTES, async () => {
  const view = await lab.open(link('train', { net: 'tiny', every: '5' }));
  await view.play();
  await view.untilStep(12);
  for (const name of ['loss', 'gap', 'layers', 'network', 'samples']) {
    const label = await until(
      `figure ${name} has a summary`, () => view.figure(name).getAttribute('aria-label'), Boolean, 20_000,
    );
    assert.doesNotMatch(label, /NaN|undefined/, name);
  }
});
