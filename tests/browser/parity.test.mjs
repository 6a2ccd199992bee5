// CPU and GPU start from the same weights and see the same batches, so their curves must agree: the
// first 50 losses, in the same browser, one device after the other.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab({ gpu: true });

const STEPS = 50;
/**
 * Allowed relative difference of a loss. Sums in another order differ by about 1e-6 a step in single
 * precision, and every step builds on the last; 50 steps of a wrong kernel differ by far more.
 */
const TOLERANCE = 2e-3;

/**
 * As little work as 50 steps can be, because a software adapter computes every image on the processor: the tiny
 * network, four images a batch, images of one channel (three are compared by the self-test, which comes before the
 * GPU may take over), the smallest reference set, and no measurement but those that every run makes early. This makes
 * nothing easier: a loss over fewer images averages fewer differences away.
 */
const STATE = { data: 'fashion-mnist', net: 'tiny', b: '4', ref: '64', n: '500', every: '1000', seed: '7' };

/** Losses of the first steps of one experiment on one device. */
async function losses(device) {
  const state = { ...STATE, device };
  const view = await lab.open(link('train', state));
  await until(`${device} is in charge`, () => view.device(), (now) => now === device, 300_000);
  await view.play();
  await view.untilStep(STEPS + 1, 500_000);
  await view.pause();
  const series = (await view.csv('loss')).series(/^loss_a$/).slice(0, STEPS);
  await view.page.close();
  return series;
}

test('the first 50 losses on CPU and GPU agree', { timeout: 900_000 }, async (t) => {
  const cpu = await losses('cpu');
  const gpu = await losses('gpu');
  assert.equal(cpu.length, STEPS);
  assert.deepEqual(gpu.map(({ x }) => x), cpu.map(({ x }) => x), 'the same steps');
  const worst = Math.max(...cpu.map(({ y }, i) => Math.abs(y - gpu[i].y) / Math.max(1, Math.abs(y))));
  t.diagnostic(`largest relative difference over ${STEPS} steps: ${worst.toExponential(2)} (allowed ${TOLERANCE})`);
  assert.ok(worst <= TOLERANCE, `largest relative difference ${worst}`);
});
