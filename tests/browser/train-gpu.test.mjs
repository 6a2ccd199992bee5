// The pages with a WebGPU adapter. On machines without a GPU it is a software adapter: slow (seconds a
// step), but it tells right from wrong.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { STATES, alive, violations } from './axe.mjs';
import { link, number, until, useLab } from './lab.mjs';

const lab = useLab({ gpu: true });
const LONG = { timeout: 420_000 };
/** Largest relative difference at which the lab trusts the GPU's numbers (docs/decisions.md). */
const AGREEMENT = 1e-2;

/** What the panel says when both devices computed the same numbers; the number stands behind it. */
const AGREE = /both agree; largest relative difference (\S+)/;

/** The text of the capability panel, opened if it is not. */
async function panel(view) {
  const open = () => view.page.locator('dialog[open], [role="dialog"]:visible').first();
  if ((await open().count()) === 0) await view.act('device');
  return (await open().innerText()).replace(/\s+/g, ' ');
}

test('the browser of this test has an adapter', { timeout: 60_000 }, async () => {
  const view = await lab.open(link('geometry'));
  const adapter = await view.page.evaluate(async () => (await navigator.gpu?.requestAdapter())?.info?.architecture ?? null);
  assert.notEqual(adapter, null, 'no WebGPU adapter: on a machine without a GPU, Chromium needs its SwiftShader library');
});

test('without being asked for, the GPU engine is not fetched on the geometry page', { timeout: 60_000 }, async () => {
  const view = await lab.open(link('geometry'));
  await view.act('step');
  await sleep(2000);
  assert.deepEqual(view.watch.requests.filter(({ url }) => /\/engine\/gpu.*\.wasm$/.test(url)), []);
});

test('auto starts on the CPU, checks the GPU against it and says what it chose', LONG, async () => {
  const view = await lab.open(link('train', { net: 'tiny', b: '16' }));
  await view.play();
  await view.untilStep(2, 60_000);
  await until(
    'the GPU engine is fetched as well', async () => view.watch.requests.map(({ url }) => new URL(url).pathname),
    (paths) => paths.some((path) => /\/engine\/gpu.*\.wasm$/.test(path)), 60_000,
  );
  const said = await until(
    'both measurements and the agreement are shown', () => panel(view),
    (text) => (text.match(/\d+(\.\d+)?\s*ms/g) ?? []).length >= 2 && AGREE.test(text), 300_000,
  );
  const difference = number(said.match(AGREE)[1]);
  assert.ok(difference >= 0 && difference <= AGREEMENT, `the self-test differs by ${difference}: ${said}`);
  assert.doesNotMatch(said, /NaN|undefined/);
  await view.shot('device-panel');
});

test('forced onto the GPU it trains there, and the chip says so', LONG, async () => {
  const view = await lab.open(link('train', { net: 'tiny', b: '16', ref: '64', device: 'gpu' }));
  await until('the GPU is in charge', () => view.device(), (device) => device === 'gpu', 300_000);
  await view.play();
  await view.untilStep(3, 240_000);
  assert.equal(await view.device(), 'gpu');
  const loss = (await view.csv('loss')).series(/^loss_a$/);
  assert.ok(loss.length >= 2 && loss.every(({ y }) => y > 0 && y < 10), JSON.stringify(loss.map(({ y }) => y)));
  await view.shot('train-gpu');
});

test('a step of the geometry page is made with an adapter as without', { timeout: 60_000 }, async () => {
  const view = await lab.open(link('geometry'));
  // A step is told in parts, each of them a press.
  await until('one step', async () => {
    if ((await view.t()) < 1) await view.act('step');
    return view.t();
  }, (t) => t >= 1, 15_000);
  const { columns } = await view.csv('plane');
  assert.ok(columns.length > 0);
});

test('an attack races on the GPU: few images, few calls', LONG, async () => {
  const view = await lab.open(link('attack', { N: '5', images: '2', device: 'gpu' }));
  await until('the GPU is in charge', () => view.device(), (device) => device === 'gpu', 300_000);
  // From the start, so that every call is the GPU's.
  await view.act('reset');
  await until('back to call 0', () => view.t(), (t) => t === 0, 60_000);
  await view.play();
  await view.untilStep(5, 120_000);
  assert.equal(await view.device(), 'gpu');
  const results = await view.page.$$eval('[data-figure="grid"] [data-result]', (all) => all.map((cell) => cell.getAttribute('data-result')));
  assert.equal(results.length, 2, `a result for each image: ${results}`);
  const race = await view.csv('race');
  const best = race.columns.filter((name) => /best/i.test(name) && /loss/i.test(name) && !/mean/i.test(name));
  assert.ok(best.length >= 1, `${race.columns}`);
  for (const name of best) {
    const series = race.series(new RegExp(`^${name.replace(/[^\w]/g, '.')}$`));
    assert.ok(series.length >= 5 && series.every(({ y }, i) => i === 0 || y >= series[i - 1].y), `${name} falls`);
  }
  await view.shot('attack-gpu');
});

for (const name of ['geometry', 'train', 'attack']) {
  test(`accessibility rules on ${name} with an adapter`, { timeout: 180_000 }, async () => {
    const view = await lab.open(link(name, STATES[name]));
    await alive(view, name);
    assert.deepEqual(await violations(view), []);
  });
}
