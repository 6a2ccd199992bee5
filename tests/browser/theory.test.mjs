// The theory page: eight runs that move by themselves, a calculator that answers, claims that are checked where they
// stand, and the theorems over a network that was trained a moment ago.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, number, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTE = { timeout: 60_000 };
const MINUTES = { timeout: 180_000 };

/** A run that all theorems cover, and that is over soon. */
const PLAIN = {
  data: 'fashion-mnist', net: 'tiny', act: 'gelu', n: '500', ref: '64', T: '30', every: '10',
  rate: 'constant', lr: '0.01', b: '16', beta: '0', scale: 'none',
};

/** Scrolls to the figure at the foot of the page, which is fetched then. */
async function toNetwork(view) {
  const room = view.page.locator('#cnn');
  await room.scrollIntoViewIfNeeded();
  await view.figure('cnn').waitFor({ state: 'visible', timeout: 20_000 });
}

test('the table of the slides runs where no engine can be had', MINUTE, async () => {
  // One is fetched in the background, for the pages that need it; this page must not miss it. Without a service worker,
  // which fills its store beside the page: whatever is asked for, the page asks for.
  const view = await lab.open(link('theory', { T: '200' }), {
    trouble: true,
    serviceWorkers: 'block',
    prepare: (context) => context.route(/\/engine\//, (route) => route.abort()),
  });
  await view.untilStep(200, 30_000);
  const table = await view.csv('grid');
  assert.equal(table.rows.length, 8, 'a row a cell');
  assert.deepEqual(view.watch.requests.map(({ url }) => url).filter((url) => url.includes('/data/')), []);
  const before = await view.words('curves');
  await view.page.locator('.cell[aria-pressed="false"]').first().click();
  await until('another cell is shown large', () => view.words('curves'), (now) => now !== before, 5_000);
});

test('formulas hold live numbers, and every term has its mark in the figure beside it', MINUTE, async () => {
  const view = await lab.open(link('theory', { T: '200' }));
  await view.untilStep(200, 30_000);
  const numbers = async () => (await view.page.locator('#theory-constant .live mn').allTextContents()).map(number);
  const [mean, ...terms] = await until('the numbers are those of the end', numbers, (all) => all.length === 4 && all.every((value) => value > 0), 5_000);
  const bound = terms.reduce((sum, term) => sum + term, 0);
  assert.ok(mean <= bound, `${mean} ≤ ${bound}`);
  const missing = await view.page.evaluate(() => [...document.querySelectorAll('.article > section')].flatMap((section) =>
    [...section.querySelectorAll('.term')].map((term) => term.dataset.q)
      .filter((quantity) => !section.querySelector(`figure g[data-q="${quantity}"]`))
      .map((quantity) => `${section.id}: ${quantity}`)));
  assert.deepEqual(missing, []);
});

test('the calculator answers when a constant changes', MINUTE, async () => {
  const view = await lab.open(link('theory'));
  const before = await view.text('[data-figure="bound"] .tell');
  const entry = view.page.locator('[data-param="sigma"] input[type="text"]').first();
  await entry.fill('4');
  await entry.press('Enter');
  await until('the bound changes', () => view.text('[data-figure="bound"] .tell'), (now) => now !== before, 5_000);
});

test('a claim is checked where it stands', MINUTE, async () => {
  const view = await lab.open(link('theory'));
  const claim = view.page.locator('[data-claim]').first();
  await claim.locator('button').click();
  await until('it holds', () => claim.getAttribute('data-verdict'), (verdict) => verdict === 'holds', 20_000);
  assert.match(await claim.locator('.found').textContent(), /\S/);
});

test('without a run the network figure says so and leads to one that the theorems cover', MINUTE, async () => {
  const view = await lab.open(link('theory'));
  await toNetwork(view);
  assert.ok(await view.page.locator('[data-act="constants"]').isDisabled());
  await view.page.locator('[data-reason="none"] a').click();
  await view.ready('train');
  const hash = await until('the experiment is in the link', () => view.hash(), (now) => now.includes('scale=none'), 5_000);
  assert.match(hash, /beta=0/);
  assert.match(hash, /act=gelu/);
});

test('after a short run the bounds are drawn with constants that say how they are known', MINUTES, async () => {
  const view = await lab.open(link('train', PLAIN));
  await view.play();
  await view.untilStep(30, 120_000);
  await view.settled();
  await view.page.locator('header a[href^="#/theory"]:visible').first().click();
  await view.ready('theory');
  await toNetwork(view);
  assert.equal(await view.page.locator('[data-reason]').count(), 0, 'every theorem covers this run');
  const measured = (await view.csv('cnn')).series(/^mean gap$/, /^steps/);
  assert.ok(measured.length >= 10 && measured.every(({ y }) => y > 0), 'the measured gap is drawn before anything else');

  await view.act('constants');
  const row = (key) => view.page.locator(`[data-constant="${key}"]`);
  await until('the constants are estimated', async () => [
    await view.attribute('[data-constants]', 'data-constants'), await row('smoothness').count(),
  ], ([state, rows]) => state === 'idle' && rows === 1, 90_000);
  const kinds = { diameter: 'exact', sigma: 'estimate', smoothness: 'lower_estimate', upper: 'lower_estimate', lowest: 'bound' };
  for (const [key, kind] of Object.entries(kinds)) {
    assert.equal(await row(key).getAttribute('data-kind'), kind, key);
    const value = number(await row(key).locator('td').first().textContent());
    assert.ok(key === 'lowest' ? value === 0 : value > 0, `${key}: ${value}`);
  }
  const table = await view.csv('cnn');
  for (const bound of [/^printed$/, /^★★$/, /^★ on the path$/]) {
    const curve = table.series(bound, /^steps/);
    assert.ok(curve.length >= 3 && curve.every(({ y }) => Number.isFinite(y)), `${bound}: ${curve.length}`);
  }
  await view.shot('theory-cnn');
});
