// What the attacked image is made of: the figure below the others on the attack page.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { PHONE, link, number, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 180_000 };

/** Runs a race to its end and waits for the atoms of its image. */
async function taken(state = {}, options = {}) {
  const budget = Number(state.N ?? 12);
  const view = await lab.open(link('attack', { images: '2', attacks: 'auto-fw,apgd', ...state, N: String(budget) }), options);
  await view.engine();
  await until('the clean images are evaluated', () => view.page.locator('[data-figure="grid"] [data-result]').count(), Boolean, 60_000);
  if ((await view.state()) !== 'running' && (await view.t()) < budget) await view.act('play');
  await view.untilStep(budget, 120_000);
  await view.page.locator('#atoms').scrollIntoViewIfNeeded();
  await until('the figure is here', () => view.figure('atoms').count(), Boolean, 30_000);
  const note = () => view.page.locator('[data-figure="atoms"] figcaption').innerText();
  await until('the atoms of the last call', note, (text) => new RegExp(`\\b${budget}\\b`).test(text), 30_000);
  await until('all of them on', () => pressed(view), (on) => on.length > 0 && on.every(Boolean), 10_000);
  return view;
}

/** Which tiles are on. */
function pressed(view) {
  return view.page.$$eval('[data-figure="atoms"] [data-atom]', (all) => all.map((tile) => tile.getAttribute('aria-pressed') === 'true'));
}

/** What the network says to the image with what is on. */
function answer(view) {
  return view.text('[data-figure="atoms"] .share');
}

test('atoms are switched off by tile, by slider and by button, and the answer follows', MINUTES, async () => {
  const view = await taken();
  const tiles = view.page.locator('[data-figure="atoms"] [data-atom]');
  const count = await tiles.count();
  assert.ok(count > 1, `${count} atoms`);

  const table = await view.csv('atoms');
  const weights = table.series(/^Weight$/, /Rank/).map(({ y }) => y);
  assert.equal(weights.length, count);
  assert.ok(weights.every((weight, i) => weight > 0 && (i === 0 || weight <= weights[i - 1] + 1e-9)), 'heaviest first');
  assert.ok(weights.reduce((a, b) => a + b, 0) <= 1 + 1e-5, 'a convex combination');

  const all = await until('the sum is judged', () => answer(view), (text) => /\d %$/.test(text ?? ''));
  await tiles.nth(0).click();
  await until('the heaviest is off', () => pressed(view), (on) => !on[0] && on.slice(1).every(Boolean));
  await until('its weight is on the clean image', () => answer(view), (text) => text !== all);
  await tiles.nth(0).press('ArrowRight');
  await view.page.keyboard.press('Space');
  await until('the next one too, by keyboard', () => pressed(view), (on) => !on[0] && !on[1]);

  await view.page.locator('[data-figure="atoms"] [data-keep]').fill('1');
  await until('only the heaviest', () => pressed(view), (on) => on[0] && !on.slice(1).some(Boolean));
  await view.act('atoms-invert');
  await until('all but the heaviest', () => pressed(view), (on) => !on[0] && on.slice(1).every(Boolean));
  await view.act('atoms-none');
  // Nothing is left but the clean image, so the probability is that of the table's clean row.
  const none = await until('nothing', () => answer(view), (text) => /^0 /.test(text ?? ''));
  assert.match(none, /100 % on the clean image/);
  await view.act('atoms-all');
  await until('everything again', () => answer(view), (text) => text === all);
  await view.shot('atoms');
});

test('in L1 the parts are pixels, and the figure fits a phone', MINUTES, async () => {
  const view = await taken({ norm: 'l1', N: '8' }, { viewport: PHONE, touch: true, theme: 'dark' });
  assert.match(await view.words('atoms'), /pixels/);
  const wide = await view.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= PHONE.width, `nothing sticks out: ${wide}`);
  assert.ok(number(await view.text('[data-figure="atoms"] [data-atom] b')) > 0);
  await view.shot('atoms-phone');
});
