// The methods page: it opens and races by itself, the gap falls, what is counted is counted right, and the state is in
// the link.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { link, number, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTE = { timeout: 60_000 };
const SHORT = { n: '100', T: '200' };

/** Waits until the race has ended. */
const ended = (view, steps = 200) => view.untilStep(steps, 30_000);

/** The rows of one method in the CSV file of the race. */
async function rowsOf(view, key) {
  const csv = await view.csv('race');
  const column = csv.index(/^method$/);
  return { csv, rows: csv.rows.filter((row) => row[column] === key) };
}

test('it races by itself, every gap falls, and the meter counts what is asked for', MINUTE, async () => {
  const view = await lab.open(link('methods', { ...SHORT, race: 'fw,negiar,storm' }));
  await ended(view);
  for (const key of ['fw', 'negiar', 'storm']) {
    const { csv, rows } = await rowsOf(view, key);
    const [gap, t, gradients, calls] = [/^gap$/, /^step$/, /^sample gradients$/, /^oracle calls$/].map((name) => csv.index(name));
    const [first, last] = [rows[0], rows.at(-1)];
    assert.ok(Number(last[gap]) < 0.3 * Number(first[gap]), `${key}: ${first[gap]} → ${last[gap]}`);
    assert.deepEqual([last[t], last[calls]], ['200', '200'], key);
    if (key === 'fw') assert.equal(last[gradients], '20000', 'n gradients a step');
    if (key === 'negiar') assert.equal(last[gradients], '2000', '√n gradients a step');
  }
  const shown = view.page.locator('.needs tbody tr:visible');
  assert.equal(await shown.count(), 3);
  assert.ok((await shown.first().locator('math').count()) >= 1, 'its formula is there');
  await view.shot('methods');
});

test('a chip joins and leaves, needs are met and said, one method runs alone', MINUTE, async () => {
  const view = await lab.open(link('methods', SHORT));
  const chip = (key) => view.page.locator(`.method[data-method="${key}"]`);
  const pressed = (key) => chip(key).getAttribute('aria-pressed');
  assert.equal(await view.page.locator('.method').count(), 21, 'every method of the table has its chip');
  await chip('svfw').click();
  await until('it joins', () => pressed('svfw'), (now) => now === 'true', 5_000);
  await chip('svfw').click();
  await until('it leaves', () => pressed('svfw'), (now) => now === 'false', 5_000);

  await chip('fw-sd').click();
  await until('the page says what changed', () => view.statuses(), (all) => all.some((text) => /L1 ball for every row/.test(text)), 5_000);
  assert.equal(await view.page.locator('[data-param="set"] select').inputValue(), 'rows');
  await view.page.locator('tr[data-method="fw-sd"] .plain').click();
  await until('it is alone', () => view.page.locator('.needs tbody tr:visible').count(), (n) => n === 1, 5_000);
  await ended(view);
  assert.match(await view.text('.told'), /FW-SD/);
});

test('a reload restores the race, its axes and its focus', MINUTE, async () => {
  const view = await lab.open(link('methods', SHORT));
  await view.page.locator('[data-param="x"] select').selectOption('oracle');
  await view.page.locator('[data-param="y"] select').selectOption('error');
  await view.page.locator('.method[data-method="storm"]').click();
  const holds = (hash) => ['x=oracle', 'y=error', 'storm', 'T=200'].every((part) => hash.includes(part));
  await until('the link holds it', () => view.hash(), holds, 5_000);
  // The race that ended before it joined is not the one to compare with.
  const whole = ({ rows }) => rows.length > 0 && rows.at(-1)[1] === '200';
  const before = await until('STORM has run', () => rowsOf(view, 'storm'), whole, 30_000);
  await view.page.reload({ waitUntil: 'commit' });
  await view.ready('methods');
  await ended(view);
  assert.ok(holds(await view.hash()), await view.hash());
  assert.match(await view.text('.told'), /STORM/);
  assert.deepEqual((await rowsOf(view, 'storm')).rows, before.rows, 'the same seed, the same run');
});

test('a race never blocks the page, and it can be paused, stepped and reset', MINUTE, async () => {
  const view = await lab.open(link('methods', { n: '1000', T: '10000' }));
  // From the start, and so that there is something left to run.
  const anew = async () => {
    await view.act('reset');
    if ((await view.state()) !== 'running') await view.act('play');
    await until('it runs', () => view.t(), (t) => t > 0 && t < 10_000, 20_000);
  };
  // What is fetched in the background after the first figure is loading, not racing.
  await sleep(3000);
  await anew();
  const from = await view.now();
  await sleep(2000);
  const to = await view.now();
  const LONG_MS = 50;
  assert.deepEqual((await view.seen()).longTasks.filter((task) => task.start >= from && task.start <= to && task.ms > LONG_MS), []);
  await anew();
  const t = await view.pause();
  await view.act('step');
  await until('one step', () => view.t(), (now) => now === t + 1, 5_000);
  assert.ok(number(await view.text('.needs tbody tr:not([hidden]) .count')) > 0);
  await view.act('reset');
  await until('reset', () => view.t(), (now) => now === 0, 5_000);
});

test('it fits 1280 × 720: figure, chips and controls without scrolling', MINUTE, async () => {
  const view = await lab.open(link('methods'));
  const bottom = await view.page.evaluate(() => Math.max(
    ...['[data-figure=race]', '.chips', '.rail'].map((part) => document.querySelector(part).getBoundingClientRect().bottom)));
  assert.ok(bottom <= 720, `${bottom} px`);
  const sideways = await view.page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(sideways <= 0, `${sideways} px to the side`);
});
