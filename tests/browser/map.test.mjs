// The decision map below the attack page's figures: measured when the race is over, probed by keys, on a desk and on a
// phone.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { DESKTOP, PHONE, link, number, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 240_000 };
const STATE = { N: '10', images: '4' };

/** Opens the page, runs a short race to its end and goes down to the map; waits until all of it is measured. */
async function mapped(options = {}, state = {}) {
  const view = await lab.open(link('attack', { ...STATE, ...state }), options);
  await view.engine();
  await until('the clean images are evaluated', () => view.attribute('[data-figure="grid"] [data-result]', 'data-result'), Boolean, 60_000);
  if ((await view.state()) !== 'running' && (await view.t()) < 10) await view.act('play');
  await view.untilStep(10, 120_000);
  await view.page.locator('#map').scrollIntoViewIfNeeded();
  await until('the map is measured', () => mapState(view), (now) => now === 'done', 90_000);
  return view;
}

function mapState(view) {
  return view.attribute('[data-map]', 'data-map');
}

function probe(view) {
  return view.page.locator('[data-handle="probe"]');
}

test('the map names the regions, and its table holds ways and cells', MINUTES, async () => {
  const view = await mapped({ viewport: DESKTOP });
  const words = await view.words('decision-map');
  assert.match(words, /%/, 'shares stand in the list');
  const classes = await view.page.$$eval('.map-list tbody th', (all) => all.map((cell) => cell.textContent));
  assert.ok(classes.length >= 2, `the plane crosses a boundary: ${classes}`);
  assert.equal(classes.filter((name) => name.includes('✓')).length, 1, 'the true class is ticked');
  const named = await view.page.$$eval('.map-svg .map-class', (all) => all.map((text) => text.textContent));
  assert.ok(named.length >= 1 && named.every((name) => classes.includes(name)), `${named} among ${classes}`);

  const table = await view.csv('decision-map');
  const [what, call] = [table.index(/^what$/), table.index(/^call$/)];
  const way = table.rows.filter((row) => row[what] === 'Auto-FW' && row[call] !== '');
  assert.equal(way.length, 11, 'the start and ten calls');
  const cells = table.rows.filter((row) => row[what] === 'cell').length;
  assert.ok(cells > 200 && cells <= 48 * 48, `${cells} cells`);

  // The first attack's 8-bit image stands under the probe, until a key moves it.
  const before = await until('the probe speaks', () => probe(view).getAttribute('aria-valuetext'), Boolean, 15_000);
  assert.match(before, /in the ball/);
  await probe(view).focus();
  await view.page.keyboard.press('Shift+ArrowLeft');
  const after = await until('the probe has moved', () => probe(view).getAttribute('aria-valuetext'), (now) => now && now !== before, 15_000);
  assert.ok(number(after.replace(/^\D+/, '')) < number(before.replace(/^\D+/, '')), `${before} → ${after}`);
  await view.page.keyboard.press('Home');
  await until('Home brings it back', () => probe(view).getAttribute('aria-valuetext'), (now) => now === before, 15_000);

  // Another plane: the second direction is drawn at random.
  await view.page.locator('.map-tools select').nth(1).selectOption('');
  await until('it is measured anew', () => mapState(view), (now) => now !== 'done', 15_000);
  await until('and done', () => mapState(view), (now) => now === 'done', 90_000);
  assert.match(await view.words('decision-map'), /random direction/);
  await view.shot('decision-map');
});

test('on a phone it fits and a touch moves the probe', MINUTES, async () => {
  const view = await mapped({ viewport: PHONE, touch: true });
  const over = await view.page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `no sideways scrolling: ${over} px`);
  const before = await until('the probe speaks', () => probe(view).getAttribute('aria-valuetext'), Boolean, 15_000);
  const box = await view.page.locator('.map-plane').boundingBox();
  assert.ok(box.width >= 300 && Math.abs(box.width - box.height) < 2, `${box.width} × ${box.height}`);
  await view.page.locator('.map-plane').tap({ position: { x: box.width / 2, y: box.height / 2 } });
  await until('the probe has moved', () => probe(view).getAttribute('aria-valuetext'), (now) => now && now !== before, 15_000);
  await view.shot('decision-map-phone');
});
