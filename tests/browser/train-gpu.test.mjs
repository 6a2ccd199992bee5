// Training with a WebGPU adapter. On machines without a GPU it is a software adapter: slow (seconds a
// step), but it tells right from wrong.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { link, until, useLab } from './lab.mjs';

const lab = useLab({ gpu: true });
const LONG = { timeout: 420_000 };

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
    (text) => (text.match(/\d+(\.\d+)?\s*ms/g) ?? []).length >= 2 && /agree|differ|parity/i.test(text), 300_000,
  );
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
