// The attack page on the network that ships with the lab, in a browser without a WebGPU adapter.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { PHONE, link, number, until, useLab } from './lab.mjs';

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

test('the ε gauge, the scores and the grid say the same of a race, and the start is another matter', MINUTES, async () => {
  const view = await race({ attacks: 'auto-fw,apgd,fgsm', N: '10' });
  const grid = await view.table('grid');
  const [attack, change, result] = [/^attack$/, /largest change/, /^result$/].map((name) => grid.index(name));
  assert.equal(grid.rows.length, 3 * 16, 'every image under every attack');

  const gauge = await view.table('epsilon');
  assert.equal(gauge.rows.length, 3);
  for (const [name, ...numbers] of gauge.rows) {
    const [gone, epsilon] = numbers.map(Number);
    assert.equal(epsilon, 4);
    assert.ok(gone > 0 && gone <= 4 + 1e-9, `${name} has gone ${gone}/255`);
    // The first image is shown large.
    const shown = grid.rows.find((row) => row[attack] === name);
    assert.equal(gone, Number(shown[change]), `${name}: as the grid has it`);
  }

  const scores = await view.table('robust');
  assert.equal(scores.rows.length, 4, 'three attacks and the worst case');
  const share = (row) => Number(row[scores.index(/robust accuracy/)]);
  for (const row of scores.rows) {
    const [wrong, broken, survive] = [/wrong/, /^broken$/, /survive/].map((name) => Number(row[scores.index(name)]));
    assert.equal(wrong + broken + survive, 16, `${row}`);
    assert.ok(Math.abs(share(row) - (100 * survive) / 16) < 0.011, `${row}`);
    assert.ok(share(row) >= share(scores.rows.at(-1)), 'the worst case is the worst');
  }
  for (const [name, , broken] of scores.rows.slice(0, 3)) {
    const counted = grid.rows.filter((row) => row[attack] === name && /^broken/i.test(row[result])).length;
    assert.equal(counted, Number(broken), `${name}: as the grid has it`);
  }
  assert.equal(number(await view.text('[data-robust-acc]')), Math.round(share(scores.rows.at(-1))));

  const after = await view.words('epsilon');
  await view.act('reset');
  await until('back to call 0', () => view.t(), (t) => t === 0, 30_000);
  await until('the gauge follows', () => view.words('epsilon'), (now) => now !== after, 10_000);
  const start = await view.table('epsilon');
  for (const name of ['Auto-FW', 'FGSM']) {
    assert.equal(Number(start.rows.find((row) => row[0] === name)[1]), 0, `${name} begins at the clean image`);
  }
});

test('the signs of trust say what was lost in 8 bits, and nothing where nothing is wrong', MINUTES, async () => {
  // Less than a level: whatever is broken is whole again when it is rounded inside the ball.
  const view = await race({ eps: '0.75', N: '10' });
  const lost = (await results(view)).filter((result) => result === 'lost-in-8-bits').length;
  assert.ok(lost > 0, 'three quarters of a level break something');
  assert.equal(number((await view.text('.trust')).replace('8 bits', '')), lost);
  const wide = await race({ eps: '8', N: '10' });
  assert.equal((await results(wide)).filter((result) => result === 'lost-in-8-bits').length, 0);
  assert.equal(await wide.text('.trust'), '');
});

test('the triptych is swiped, flickers, and shows the change larger or by channel; its table sums to one', MINUTES, async () => {
  const view = await race({ N: '10' });
  const clip = () => view.attribute('.swipe .top', 'style');
  const swipe = view.page.locator('[data-act="swipe"]');
  const before = await clip();
  await swipe.focus();
  for (let i = 0; i < 5; i += 1) await swipe.press('PageUp');
  await until('the seam moves', clip, (now) => now !== before, 5_000);
  const still = await clip();
  const flicker = view.page.locator('[data-act="flicker"]');
  await flicker.click();
  await until('it flickers', clip, (now) => now !== still, 5_000);
  await flicker.click();
  assert.equal(await flicker.getAttribute('aria-pressed'), 'false');

  const scale = () => view.text('.change .scale');
  const usual = await scale();
  await view.page.locator('.change .lens select').selectOption('64');
  await until('the colours mean less', scale, (now) => now !== usual, 5_000);
  assert.match(await scale(), /\+4(\.0)?\/255/, 'a gain of 64 fills the scale with 4 levels');
  await view.act('channels');
  await until('a picture a channel and their mean', () => view.page.locator('.change .planes span').count(), (n) => n === 4, 5_000);

  const table = await view.table('triptych');
  assert.equal(table.rows.length, 10);
  for (const column of [1, 2]) {
    const sum = table.rows.reduce((total, row) => total + Number(row[column]), 0);
    assert.ok(Math.abs(sum - 1) < 1e-4, `${table.columns[column]} sums to ${sum}`);
  }
  assert.notDeepEqual(table.rows.map((row) => row[1]), table.rows.map((row) => row[2]), 'the attack changes the answer');
});

test('every figure of the page is drawn, has words and data, and none says NaN', MINUTES, async () => {
  const view = await race({ N: '5', images: '4' });
  const names = () => view.page.$$eval('[data-figure]', (all) => all.map((figure) => figure.getAttribute('data-figure')));
  const all = await until('the parts further down have come', async () => {
    await view.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    return names();
  }, (now) => now.includes('coincide') && now.includes('decision-map') && now.includes('atoms') && now.includes('flow'), 60_000);
  // Each of these is tested by itself, here or in the other files of this page.
  assert.deepEqual([...all].sort(), [
    'atoms', 'attack-gap', 'coincide', 'curve', 'decision-map', 'epsilon', 'flow', 'grid', 'quoted', 'race', 'robust',
    'success', 'triptych', 'versus', 'versus-losses',
  ]);
  await until('the map is measured', () => view.attribute('[data-map]', 'data-map'), (now) => now === 'done', 90_000);
  for (const name of all) {
    const words = await view.words(name);
    assert.ok(words.trim().length > 20, `${name} says something: ${words}`);
    assert.doesNotMatch(words, /NaN|undefined|Infinity|\binf\b/, name);
    const table = await view.table(name);
    assert.ok(table.columns.length >= 1 && table.columns.every(Boolean), `${name} has named columns: ${table.columns}`);
    assert.ok(!table.rows.flat().some((cell) => /\bNaN\b|undefined|\binf\b/.test(cell)), `${name}: no NaN in its data`);
  }
});

test('every attack that fits the norm races at once, and all of it fits the screen', MINUTES, async () => {
  const attacks = ['auto-fw', 'apgd', 'pgd', 'fgsm', 'fw-momentum', 'margin-linf'];
  const view = await race({ attacks: attacks.join(','), images: '4', N: '5' });
  assert.equal(bestLosses(await view.csv('race')).length, attacks.length);
  assert.equal((await view.csv('robust')).rows.length, attacks.length + 1, 'a row an attack and the worst case');
  assert.equal(await view.page.locator('.rail button[data-attack][aria-pressed=true]').count(), attacks.length);
  const marks = await view.page.$$eval('[data-figure="grid"] svg.by', (all) => all.map((svg) => {
    const [box, cell] = [svg.getBoundingClientRect(), svg.closest('button').getBoundingClientRect()];
    const places = [...svg.querySelectorAll('path')].map((path) => path.getBoundingClientRect());
    return places.every((p) => p.left >= cell.left && p.right <= cell.right && p.top >= cell.top - 1 && p.bottom <= box.bottom + 2);
  }));
  assert.ok(marks.length === 4 && marks.every(Boolean), 'the marks stay in their cells');

  const which = view.figure('triptych').locator('.segments select');
  await which.selectOption('margin-linf');
  await until('the link follows', () => view.hash(), (hash) => /show=margin-linf/.test(hash), 10_000);
  const tools = () => view.page.evaluate(() => {
    const [figure, bar] = ['[data-figure="triptych"]', '.trip-tools'].map((s) => document.querySelector(s).getBoundingClientRect());
    return [figure.right - bar.right, document.documentElement.scrollWidth - document.documentElement.clientWidth];
  });
  for (const size of [null, PHONE]) {
    if (size) await view.page.setViewportSize(size);
    const [room, over] = await tools();
    assert.ok(room >= 0 && over <= 0, `at ${size?.width ?? 1280}: ${room}, ${over}`);
    await view.shot(`attack-all-${size?.width ?? 1280}`);
  }
});

test('gain, colours, handle and means survive a reload, and what makes no sense is refused', MINUTES, async () => {
  const view = await lab.open(link('attack', { images: '4', N: '5', show: 'apgd', gain: '32', channels: 'apart', swipe: '60', mean: '1' }));
  const seen = () => view.page.evaluate(() => [
    document.querySelector('.lens select')?.value,
    document.querySelector('[data-act=channels]')?.getAttribute('aria-pressed'),
    document.querySelector('[data-act=swipe]')?.value,
    document.querySelector('[data-act=mean]')?.getAttribute('aria-pressed'),
  ].join(' '));
  await until('the controls are as the link says', seen, (now) => now === '32 true 60 true', 20_000);
  await view.page.locator('.lens select').selectOption('64');
  await view.page.locator('[data-act=swipe]').press('ArrowRight');
  await view.page.locator('[data-act=mean]').click();
  await until('the link follows', () => view.hash(), (hash) => /gain=64/.test(hash) && /swipe=61/.test(hash) && !/mean/.test(hash), 10_000);
  await view.page.reload();
  await until('they come back', seen, (now) => now === '64 true 61 false', 30_000);

  const other = await lab.open(link('attack', { images: '4', N: '5', gain: '7', channels: 'green' }));
  await until('both are refused', () => other.statuses(), (all) => /gain/.test(all.join()) && /channels/.test(all.join()), 20_000);
});

test('towards a class only that class counts, and the link keeps it', MINUTES, async () => {
  const view = await race({ target: '3', eps: '16', N: '20' });
  const grid = await view.table('grid');
  const [label, answer, result] = [/^class$/, /^attacked answer$/, /^result$/].map((name) => grid.index(name));
  const broken = grid.rows.filter((row) => row[result] === 'broken');
  assert.ok(broken.length > 0, 'ε = 16/255 leads some image there');
  assert.ok(broken.every((row) => row[answer] === 'cat'), `${broken.map((row) => row[answer])}`);
  assert.ok(grid.rows.every((row) => row[label] !== 'cat'), 'cats are left out');
  const words = await view.page.$$eval('[data-figure="grid"] [data-result="broken"] .word span', (all) => all.map((word) => word.textContent));
  assert.ok(words.length > 0 && words.every((word) => word === 'cat'), `${words}`);
  assert.match(await view.words('robust'), /taken for cat/);
  assert.match(await view.hash(), /target=3/);
  assert.equal(await view.page.locator('[data-param="target"] select').inputValue(), '3');
});

test('on the nuclear ball the page says what is exact and what is clamped', MINUTES, async () => {
  const view = await race({ norm: 'nuclear', attacks: 'auto-fw', images: '4', N: '5' });
  const text = await view.text('[data-oracle="clamped"]');
  assert.match(text, /exact for the ball alone.*clamped.*upper bound.*Auto-FW keeps −?\d+ %/);
  const kept = (await view.csv('attack-gap')).series(/kept/i);
  assert.equal(kept.length, 6);
  for (const { y } of kept) assert.ok(y <= 1 + 1e-6, `${y}`);
});
