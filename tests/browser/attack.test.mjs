// The attack page on the network that ships with the lab, in a browser without a WebGPU adapter.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, number, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 180_000 };

/** Opens the page and runs the race to its last call. */
async function race(state = {}) {
  const budget = Number(state.N ?? 20);
  const view = await lab.open(link('attack', { N: String(budget), images: '16', ...state }));
  await view.engine();
  await until('the clean images are evaluated', () => results(view), (all) => all.length > 0, 60_000);
  // A short race may be over before anybody could see it running.
  if ((await view.state()) !== 'running' && (await view.t()) < budget) await view.act('play');
  await view.untilStep(budget, 150_000);
  await until('the race is over', () => view.state(), (now) => now !== 'running', 15_000);
  return view;
}

/** What became of each image of the grid: broken, held, clean-wrong (or empty, before an answer). */
function results(view) {
  return view.page.$$eval('[data-figure="grid"] [data-result]', (all) => all.map((cell) => cell.getAttribute('data-result')));
}

/** Columns of the race that hold best losses, by attack. */
function bestLosses(table) {
  const columns = table.columns.filter((name) => /best/i.test(name) && /loss/i.test(name) && !/mean/i.test(name));
  return columns.map((name) => [name, table.series(new RegExp(`^${name.replace(/[^\w]/g, '.')}$`))]);
}

test('a race on the bundled network ends with an adversarial image beside the clean one', MINUTES, async () => {
  const view = await race();

  const pictures = await view.page.$$eval(
    '[data-figure="triptych"] canvas, [data-figure="triptych"] img, [data-figure="triptych"] image',
    (all) => all.map((picture) => picture.getBoundingClientRect()).filter((box) => box.width > 30).length,
  );
  assert.ok(pictures >= 3, `clean, perturbation and adversarial are shown: ${pictures}`);
  const triptych = await view.words('triptych');
  assert.match(triptych, /8[-\s]?bit/i, 'the badge says what was re-evaluated');
  assert.match(triptych, /\d+(\.\d+)?\s*%/, 'probabilities stand under the images');

  const grid = await results(view);
  assert.equal(grid.length, 16, 'a result for each image');
  assert.ok(grid.every((result) => ['broken', 'held', 'clean-wrong', 'lost-in-8-bits'].includes(result)), `${grid}`);
  assert.ok(grid.includes('broken'), 'ε = 4/255 breaks at least one image of an undefended network');

  const robust = number(await view.text('[data-robust-acc]'));
  const held = grid.filter((result) => result === 'held' || result === 'lost-in-8-bits').length / grid.length;
  assert.ok(Math.abs(robust / 100 - held) < 0.011 || Math.abs(robust - held) < 0.011,
    `robust accuracy ${robust} is the share that held, ${held}`);
  await view.shot('attack');
});

test('the best loss of Auto-FW and of APGD never falls, for the same number of calls', MINUTES, async () => {
  const view = await race({ N: '30' });
  const best = bestLosses(await view.csv('race'));
  assert.ok(best.length >= 2, `a column for each attack: ${best.map(([name]) => name)}`);
  for (const [name, series] of best) {
    assert.equal(series.length, 31, `${name}: the start and 30 calls`);
    for (let i = 1; i < series.length; i += 1) {
      assert.ok(series[i].y >= series[i - 1].y, `${name} falls at call ${series[i].x}`);
    }
    assert.ok(series.at(-1).y > series[0].y, `${name} rises over all`);
  }
  const gap = (await view.csv('attack-gap')).series(/gap/i);
  assert.ok(gap.length >= 20);
  for (const { x, y } of gap) assert.ok(y >= -1e-6 * Math.abs(gap[0].y), `gap ${y} at call ${x}`);
  await view.shot('attack-race');
});

test('no shown image leaves the ε-ball', MINUTES, async () => {
  const view = await race({ eps: '3' });
  const change = (await view.csv('grid')).series(/linf|change/i, /image|index/i);
  assert.equal(change.length % 16, 0);
  for (const { x, y } of change) assert.ok(y <= 3 + 1e-9, `image ${x} changed by ${y}/255`);
});

test('with ε = 0 nothing changes and nothing breaks', MINUTES, async () => {
  const view = await race({ eps: '0', N: '5' });
  const grid = await results(view);
  assert.ok(grid.length > 0 && !grid.includes('broken'), `${grid}`);
});

test('pause, step and reset work as on the other pages', MINUTES, async () => {
  const view = await lab.open(link('attack', { N: '200', images: '16' }));
  await view.engine();
  await until('the clean images are evaluated', () => results(view), (all) => all.length > 0, 60_000);
  await view.act('step');
  await until('one call', () => view.t(), (t) => t >= 1, 30_000);
  await view.play();
  await view.untilStep(5);
  const stopped = await view.pause();
  await view.act('step');
  await until('one call more', () => view.t(), (t) => t === stopped + 1, 30_000);
  await view.act('reset');
  await until('back to call 0', () => view.t(), (t) => t === 0, 30_000);
});

test('another image of the grid can be looked at', MINUTES, async () => {
  const view = await race({ N: '10' });
  const before = await view.words('triptych');
  await view.page.locator('[data-figure="grid"] button[data-result], [data-figure="grid"] [data-result] button').nth(3).click();
  await until('the triptych follows', () => view.words('triptych'), (now) => now !== before, 10_000);
  assert.match(await view.hash(), /focus=3/);
});

test('in L2 three attacks race and stay within ε', MINUTES, async () => {
  const view = await race({ norm: 'l2', attacks: 'auto-fw,apgd,pgd', images: '4', N: '10' });
  const change = (await view.csv('grid')).series(/change in L2/i, /image|index/i);
  assert.equal(change.length, 3 * 4, 'every image under every attack');
  for (const { x, y } of change) assert.ok(y <= 0.5 + 1e-6, `image ${x} changed by ${y} in L2`);
  assert.ok(change.some(({ y }) => y > 0.3), 'most of ε is used');
  assert.match(await view.words('triptych'), /\(L2\)/, 'the badge says the norm');
  assert.equal(bestLosses(await view.csv('race')).length, 3);
});

test('what does not fit the norm leaves the race and says why', MINUTES, async () => {
  const view = await lab.open(link('attack', { attacks: 'auto-fw,apgd', images: '4', N: '5' }));
  await view.page.locator('[data-param="norm"] select').selectOption('lp');
  const chip = view.page.locator('button[data-attack="apgd"]');
  await until('APGD is disabled', () => chip.getAttribute('aria-disabled'), (now) => now === 'true', 10_000);
  assert.equal(await chip.getAttribute('aria-pressed'), 'false');
  assert.match(await chip.innerText(), /only L∞, L2, L1/);
  await until('a message says so', () => view.statuses(), (all) => all.some((text) => /APGD.*not defined for Lp/.test(text)), 10_000);
  await until('the link follows', () => view.hash(), (hash) => /attacks=auto-fw(&|$)/.test(hash), 10_000);
});
