// Things break for real: the worker traps, the GPU device is lost. The lab says so, goes back to its
// last snapshot and trains on. `?faults=1` lets a test ask the worker for it.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { link, until, useLab } from './lab.mjs';
import { limited } from './memory.mjs';

/** Bytes the CPU engine may have where a test makes it run out of them. */
const ENGINE_MEMORY = 96 * 2 ** 20;

/** Waits until the run is three steps beyond `before`; presses what is offered if it waits for the user. */
function recovered(view, before, timeout) {
  return until('the run is back and goes on', async () => {
    const [state, t] = [await view.state(), await view.t()];
    const offered = view.page.locator('[data-act="recover"]:visible').first();
    if (await offered.count()) await offered.click({ timeout: 2000 }).catch(() => {});
    else if (state === 'paused' || state === 'ready') await view.act('play').catch(() => {});
    if (state !== 'running') await sleep(500);
    return { state, t };
  }, ({ state, t }) => state === 'running' && t >= before + 3, timeout);
}

/** Causes the fault while training; returns t just before it and what the status line said after it. */
async function strike(view, fault, what) {
  const before = await view.t();
  const said = (await view.statuses()).length;
  await view.page.evaluate((f) => window.__fwlab_fault(f), fault);
  const message = await until(
    `the status line says so: ${what}`,
    async () => (await view.statuses()).slice(said).find((text) => what.test(text)), Boolean, 60_000,
  );
  return { before, message };
}

// Each describes its own browser: with and without an adapter.
const cpu = useLab();
const gpu = useLab({ gpu: true });

test('a worker that crashes is replaced and the run goes on from its last snapshot', { timeout: 180_000 }, async (t) => {
  const view = await cpu.open(link('train', { net: 'tiny', every: '10' }), { search: '?faults=1', trouble: true });
  await view.play();
  await view.untilStep(25);
  const workers = (await view.seen()).workers;
  const { before, message } = await strike(view, 'crash', /crash|stopped|worker|engine/i);
  t.diagnostic(`at t = ${before}: ${message}`);
  await view.shot('fault-crash');
  await recovered(view, before, 90_000);
  assert.ok((await view.seen()).workers > workers, 'a new worker was started');
  const losses = (await view.csv('loss')).series(/^loss_a$/);
  const steps = losses.map(({ x }) => x);
  assert.deepEqual(steps, [...new Set(steps)].sort((a, b) => a - b), 'the curve has each step once, in order');
});

test('a crash changes nothing in the numbers', { timeout: 180_000 }, async () => {
  const state = { net: 'tiny', every: '10', seed: '3' };
  const lossesAfter = async (view) => (await view.csv('loss')).series(/^loss_a$/).slice(0, 20).map(({ x, text }) => `${x} ${text}`);
  const calm = await cpu.open(link('train', state));
  await calm.play();
  await calm.untilStep(24);
  await calm.pause();
  const expected = await lossesAfter(calm);
  await calm.page.close();

  const struck = await cpu.open(link('train', state), { search: '?faults=1', trouble: true });
  await struck.play();
  await struck.untilStep(12);
  const { before } = await strike(struck, 'crash', /crash|stopped|worker|engine/i);
  await recovered(struck, Math.max(before, 21), 90_000);
  await struck.pause();
  assert.deepEqual(await lossesAfter(struck), expected);
});

test('memory that runs out pauses the run at its last snapshot, and it goes on from there', { timeout: 180_000 }, async (t) => {
  // Batches of 16, 64, 256 and 1,024 images, fifteen steps each: the engine is given enough for all but the last.
  const state = { net: 'tiny', T: '60', every: '10', ref: '64', batch: 'growing', b: '16', lambda: '4', Q: '4' };
  const view = await cpu.open(link('train', state), {
    trouble: true,
    serviceWorkers: 'block',
    prepare: (context) => context.route(/\/engine\/cpu\.[^/]*\.wasm$/, async (route) => {
      const response = await route.fetch();
      const body = limited(await response.body(), ENGINE_MEMORY);
      await route.fulfill({ response, body, headers: { 'content-type': 'application/wasm' } });
    }),
  });
  await view.play();
  const said = (what) => until(`the status line says ${what}`, async () => (await view.statuses()).find((text) => what.test(text)), Boolean, 90_000);
  const message = await said(/memory ran out/i);
  t.diagnostic(message);
  assert.match(message, /smaller batch/, 'what to do is said');
  const back = await said(/is back on .*paused at step \d+/);
  t.diagnostic(back);
  const stopped = Number(back.match(/step (\d+)/)[1]);
  assert.ok(stopped >= 10 && stopped < 60, 'it stands at a snapshot, not at the start');
  await until('that step is shown', () => view.t(), (now) => now === stopped);
  assert.notEqual(await view.state(), 'running', 'the same work would need the same memory again');
  await view.shot('fault-memory');
  await view.act('step');
  await until('it goes on from there', () => view.t(), (now) => now === stopped + 1, 30_000);
  const steps = (await view.csv('loss')).series(/^loss_a$/).map(({ x }) => x);
  assert.deepEqual(steps, steps.map((_, i) => steps[0] + i), 'the curve has each step once, in order');
});

test('a device that is lost is said so, and the run goes on', { timeout: 480_000 }, async (t) => {
  const view = await gpu.open(
    link('train', { net: 'tiny', b: '16', ref: '64', every: '5', device: 'gpu' }),
    { search: '?faults=1', trouble: true },
  );
  await until('the GPU is in charge', () => view.device(), (device) => device === 'gpu', 300_000);
  await view.play();
  await view.untilStep(3, 120_000);
  const { before, message } = await strike(view, 'lose-device', /device|GPU|lost/i);
  t.diagnostic(`at t = ${before}: ${message}`);
  await view.shot('fault-device-lost');
  await recovered(view, before, 240_000);
  t.diagnostic(`goes on with the ${await view.device()}`);
});
