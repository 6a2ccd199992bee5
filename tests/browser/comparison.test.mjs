// The figures at the foot of the attack page that count: the robustness curve, the comparison of the slides, the quoted
// table and the two paths that are one. Few images and a small budget: what is tested is that counting works.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { promisify } from 'node:util';

import { PHONE, link, number, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 240_000 };
const ROOT = join(import.meta.dirname, '../..');

/** Opens the page and brings a figure below the first screen on screen. */
async function below(figure, state = {}, options = {}) {
  const view = await lab.open(link('attack', { N: '5', images: '4', ...state }), options);
  await view.engine();
  if (options.viewport === PHONE) await view.page.locator('label[for=tab3]').click();
  await until(`${figure} is drawn`, async () => {
    await view.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    return view.figure(figure).count();
  }, Boolean, 60_000);
  await view.figure(figure).scrollIntoViewIfNeeded();
  return view;
}

/** Waits until what was begun in a figure is counted. */
function counted(view, figure) {
  const state = () => view.attribute(`[data-figure="${figure}"] [data-survey]`, 'data-survey');
  return until(`${figure} is counted`, state, (now) => now === 'done', 200_000);
}

/** Counts of the comparison: for each network the images right under each attack, clean first and worst last. */
function counts(view) {
  return view.page.$$eval('[data-figure="versus"] [data-table=counts] tbody tr', (rows) =>
    rows.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.dataset.right))));
}

test('networks are compared on the same images, and the pairs add up', MINUTES, async (t) => {
  const view = await below('versus');
  const figure = view.figure('versus');
  await figure.locator('.study-choices select').nth(0).selectOption('16');
  await figure.locator('.study-choices select').nth(1).selectOption('5');
  const networks = await figure.locator('[data-network][aria-pressed=true]').count();
  assert.ok(networks >= 1, 'the networks made for the data of the race are chosen');
  await figure.locator('[data-act=count]').click();
  await counted(view, 'versus');

  const rows = await counts(view);
  assert.equal(rows.length, networks);
  for (const row of rows) {
    assert.equal(row.length, 8, 'clean, six attacks, worst case');
    const [clean, ...attacked] = row;
    assert.ok(attacked.every((right) => right <= clean), `no attack makes images right: ${row}`);
    assert.ok(Math.min(...attacked.slice(0, -1)) >= attacked.at(-1), `the worst case is the worst: ${row}`);
  }
  const pairs = await view.page.$$eval('[data-figure="versus"] [data-pairs]', (all) => all.map((row) => row.dataset.pairs.split(' ').map(Number)));
  assert.equal(pairs.length, 4 * networks);
  assert.ok(pairs.every((pair) => pair.reduce((a, b) => a + b, 0) === 16), 'every image is in one of four cells');
  assert.match(await view.words('versus'), /not distinguishable at n = 16/);

  const csv = await view.csv('versus');
  assert.equal(csv.rows.length, networks * 8 + pairs.length);
  const losses = await view.csv('versus-losses');
  const curve = losses.series(/γ₀ 0.75/, /call/);
  assert.ok(curve.length === 6 && curve.every(({ y }, i) => i === 0 || y >= curve[i - 1].y), 'best losses never fall');
  await view.shot('comparison');

  // The command line that stands below the table counts the same.
  const program = ['debug', 'release'].map((kind) => join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), kind, 'fwlab')).find(existsSync);
  if (!program) return t.diagnostic('no fwlab here: its counts were not compared');
  const [, ...words] = (await figure.locator('.command').innerText()).trim().split(/\s+/);
  const { stdout } = await promisify(execFile)(program, words, { cwd: ROOT });
  const native = stdout.trim().split('\n').map((line) => JSON.parse(line))
    .map((one) => [one.clean.right, ...one.attacks.map((attack) => attack.robust.right), one.worst_case.right]);
  assert.deepEqual(rows, native, 'page and command line count the same on the CPU');
});

test('the second count waits until the first one rests', MINUTES, async () => {
  const view = await below('curve');
  await until('the comparison is drawn', () => view.figure('versus').count(), Boolean, 60_000);
  const [curve, versus] = ['curve', 'versus'].map((name) => view.figure(name));
  const state = (name) => view.attribute(`[data-figure="${name}"] [data-survey]`, 'data-survey');
  await curve.locator('[data-act=count]').click();
  await until('the curve is counted', () => state('curve'), (now) => now === 'running', 30_000);
  await versus.locator('.study-choices select').nth(0).selectOption('16');
  await versus.locator('.study-choices select').nth(1).selectOption('5');
  await versus.locator('[data-act=count]').click();
  await until('the comparison waits', () => state('versus'), (now) => now === 'waiting', 5_000);
  assert.equal(await state('curve'), 'running', 'the first one goes on');
  await versus.locator('[data-act=rest]').click();
  await until('it need not wait', () => state('versus'), (now) => now === 'idle', 5_000);
  await versus.locator('[data-act=count]').click();
  await curve.locator('[data-act=rest]').click();
  await until('it begins when the first one rests', () => state('versus'), (now) => now === 'running' || now === 'done', 10_000);
});

test('the robustness curve falls with ε, and an image opens in the race', MINUTES, async () => {
  const view = await below('curve', { images: '8' });
  const figure = view.figure('curve');
  await figure.locator('.study-choices select').nth(0).selectOption('64');
  await figure.locator('[data-act=count]').click();
  await counted(view, 'curve');
  const table = await view.csv('curve');
  const worst = table.rows.filter((row) => row.some((cell) => /worst/i.test(cell)));
  assert.equal(worst.length, 8, 'a row an ε');
  const at = (name) => table.columns.findIndex((column) => name.test(column));
  for (const row of table.rows) {
    const [low, share, high] = [/from/, /robust/, /interval to/].map((name) => Number(row[at(name)]));
    assert.ok(low <= share && share <= high && high - low < 0.3, `${row}`);
    assert.equal(row[at(/^images$/)], '64');
  }
  const first = Number(worst[0][at(/robust/)]);
  assert.ok(Number(worst.at(-1)[at(/robust/)]) < first, 'a larger ε breaks more');

  const map = figure.locator('.image-map');
  assert.equal(await map.getAttribute('data-images'), '64');
  await map.focus();
  for (let i = 0; i < 11; i += 1) await view.page.keyboard.press('ArrowRight');
  assert.equal(await map.getAttribute('aria-valuenow'), '11');
  assert.match(await map.getAttribute('aria-valuetext'), /Image 11:/);
  await view.shot('robustness');
  await view.page.keyboard.press('Enter');
  await until('image 11 is shown large', () => view.hash(), (hash) => /first=8(&|$)/.test(hash) && /focus=3(&|$)/.test(hash), 10_000);
});

test('the quoted table says what it is, and the two paths are one until the first halving', MINUTES, async () => {
  const view = await below('coincide');
  const quoted = await view.csv('quoted');
  assert.equal(quoted.rows.length, 17);
  assert.match(await view.words('quoted'), /None of this was measured here/);
  assert.match(await view.words('quoted'), /16 of 17/);

  const apart = async () => Number(await view.attribute('[data-figure="coincide"] [data-apart]', 'data-apart'));
  assert.equal(await apart(), 0, 'not one bit apart before the first halving');
  const slider = view.figure('coincide').locator('input[type=range]');
  assert.ok(number(await slider.inputValue()) >= 10);
  await slider.focus();
  await view.page.keyboard.press('End');
  await until('they part', apart, (now) => now > 0.01, 5_000);
  await view.shot('coincide');
});

test('on a phone the tables scroll inside themselves', MINUTES, async () => {
  const view = await below('quoted', {}, { viewport: PHONE, touch: true, theme: 'dark' });
  const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  const stuck = await view.figure('quoted').locator('.study-table').evaluate((box) => {
    box.scrollLeft = 200;
    const cell = box.querySelector('tbody th').getBoundingClientRect();
    return [box.scrollLeft, cell.left - box.getBoundingClientRect().left];
  });
  assert.ok(stuck[0] > 50 && stuck[1] < 30, `the first column stays: ${stuck}`);
  await view.shot('comparison-phone');
});
