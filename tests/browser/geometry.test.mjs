// The geometry page: alive before anything else has loaded, and everything in it can be moved by
// mouse and by keyboard.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTE = { timeout: 60_000 };

/** The sets of the plane, by their stable keys. */
const SETS = ['l1', 'l2', 'linf', 'lp', 'k-sparse', 'simplex', 'box', 'polygon'];

/** What the page says now about the iterate and the gap. */
async function told(view) {
  return `${await view.words('plane')} ${await view.words('gap')} ${await view.text('.formula')}`;
}

/** Waits until the page says something else than before. */
function changed(view, what, before) {
  return until(what, () => told(view), (now) => now !== before, 5_000);
}

test('the first figure is drawn before any engine is asked for', MINUTE, async () => {
  // Without a service worker, which fills its store beside the page: whatever is asked for, the page asks for.
  const view = await lab.open(link('geometry'), { serviceWorkers: 'block' });
  const drawn = await view.page.evaluate(() => {
    const mark = performance.getEntriesByName('fwlab:first-figure')[0];
    return mark ? { ms: mark.startTime, at: performance.timeOrigin + mark.startTime } : null;
  });
  assert.ok(drawn, 'the page sets the mark fwlab:first-figure');
  const early = new Set(view.watch.requests.filter(({ at }) => at < drawn.at).map(({ url }) => new URL(url).pathname));
  const modules = [...early].filter((path) => path.endsWith('.wasm'));
  assert.deepEqual(modules.filter((path) => !/\/app-[0-9a-f]+\//.test(path)), [], 'only modules of the page');
  assert.deepEqual(modules.filter((path) => /split_(?!geometry)/.test(path)), [], 'no part of another page');
  assert.deepEqual([...early].filter((path) => /\/engine\/|\/engine\.js$|\/data\/|\/models\//.test(path)), []);
  await view.shot('geometry');
});

test('the start is dragged with the mouse and the gap follows', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  const handle = view.page.locator('[data-handle="start"]').first();
  const before = await told(view);
  const box = await handle.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await view.page.mouse.move(x, y);
  await view.page.mouse.down();
  await view.page.mouse.move(x + 18, y - 24, { steps: 6 });
  await view.page.mouse.up();
  await changed(view, 'the figures follow the drag', before);
  const after = await handle.boundingBox();
  assert.ok(Math.hypot(after.x - box.x, after.y - box.y) > 8, 'the handle moved with the mouse');
});

for (const name of ['start', 'optimum']) {
  test(`the ${name} moves by arrow keys`, MINUTE, async () => {
    const view = await lab.open(link('geometry'));
    const handle = view.page.locator(`[data-handle="${name}"]`).first();
    await handle.focus();
    for (const key of ['ArrowLeft', 'Shift+ArrowUp']) {
      const before = await told(view);
      await view.page.keyboard.press(key);
      await changed(view, `${key} moves the ${name}`, before);
    }
  });
}

test('Step walks through slope, model, corner, gap and move', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  await view.act('reset');
  const first = await view.settled();
  const active = () => view.page.evaluate(() => {
    const steps = [...document.querySelectorAll('.formula.steps button, .formula.steps [data-q]')];
    return steps.findIndex((step) => step.matches('[aria-current], [aria-pressed="true"], .on, .active'));
  });
  const visited = [];
  for (let i = 0; i < 8; i += 1) {
    const before = `${await active()} ${await told(view)} ${await view.t()}`;
    await view.act('step');
    await until(
      'a press of Step shows', async () => `${await active()} ${await told(view)} ${await view.t()}`,
      (now) => now !== before, 5_000,
    );
    visited.push(await active());
  }
  assert.ok(new Set(visited).size >= 3, `sub-steps are marked one after another: ${visited}`);
  const t = await view.t();
  assert.ok(t >= first + 1 && t <= first + 2, `eight presses are about two steps, t went ${first} → ${t}`);
});

test('Play moves on by itself and the gap gets smaller', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  await view.act('reset');
  await view.settled();
  await view.act('play');
  await view.untilStep(10, 30_000);
  const gap = (await view.csv('gap')).series(/gap/i).map((point) => point.y);
  assert.ok(gap.every((value) => value >= -1e-9), 'a Frank–Wolfe gap is never negative');
  assert.ok(Math.min(...gap) < gap[0], `the gap falls from ${gap[0]}`);
});

test('every set can be chosen and is drawn', { timeout: 120_000 }, async () => {
  const view = await lab.open(link('geometry'));
  const keys = await view.page.$$eval('[data-set]', (all) => all.map((chip) => chip.getAttribute('data-set')));
  for (const key of SETS) assert.ok(keys.includes(key), `${key} is offered; there are: ${keys}`);
  for (const key of new Set(keys)) {
    const chip = view.page.locator(`[data-set="${key}"]:visible`).first();
    const before = await told(view);
    const already = (await chip.getAttribute('aria-pressed')) === 'true';
    await chip.click();
    await until(`${key} is chosen`, () => chip.getAttribute('aria-pressed'), (now) => now === 'true', 5_000);
    if (!already) await changed(view, `${key} changes the figures`, before);
    await view.act('step');
    assert.doesNotMatch(await told(view), /NaN|inf\b|undefined/i, key);
    await view.shot(`geometry-${key}`);
  }
});

test('a polygon can be drawn by hand, and its corners move by keyboard', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  await view.page.locator('[data-set="polygon"]:visible').first().click();
  const corners = view.page.locator('[data-handle^="corner"]');
  await until('the polygon has corners to move', () => corners.count(), (n) => n >= 3, 5_000);
  const before = await view.hash();
  await corners.first().focus();
  for (const key of ['Shift+ArrowRight', 'Shift+ArrowUp']) await view.page.keyboard.press(key);
  await until('the shape is in the link', () => view.hash(), (now) => now !== before && now.includes('corners='), 5_000);
  const count = await corners.count();
  await view.act('add-corner');
  await until('a corner more', () => corners.count(), (n) => n === count + 1, 5_000);
  await corners.last().focus();
  await view.page.keyboard.press('Delete');
  await until('a corner less', () => corners.count(), (n) => n === count, 5_000);
  await view.shot('geometry-polygon');
});

for (const [what, key, value] of [['radius', 'r', '0.70'], ['start', 'x', '0.35'], ['stretch', 'stretch', '9']]) {
  test(`the ${what} can be typed`, MINUTE, async () => {
    const view = await lab.open(link('geometry'));
    const field = view.page.locator(`[data-param="${key}"] input[inputmode="decimal"], input[data-param="${key}"]`).first();
    const before = await told(view);
    await field.fill(value);
    await field.press('Enter');
    await changed(view, 'the figures follow', before);
    await until('it is in the link', () => view.hash(), (hash) => Number(new URLSearchParams(hash.split('?')[1]).get(key)) === Number(value), 5_000);
  });
}

test('the race shows a speed for every rule, and a click on a panel chooses its rule', MINUTE, async () => {
  const view = await lab.open(link('geometry', { race: 1 }));
  const lane = view.page.locator('[data-lane="line-search"]:visible').first();
  assert.match(await lane.getAttribute('aria-label'), /slope|×|t = \d/);
  await lane.click();
  await until('the rule is in the link', () => view.hash(), (hash) => hash.includes('rule=line-search'), 5_000);
});

test('away steps end the zig-zag, and the figure says where the answer lies', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  const where = () => view.page.locator('.where').textContent();
  assert.match(await where(), /on a face.*1\/t.*slope −(0\.9|1\.)/);
  await view.page.locator('[data-param="variant"] select').selectOption('away');
  await until('the rate is linear now', where, (text) => /linear.*×0\.\d/.test(text), 5_000);
});

test('slow motion tells one step in five sentences', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  const first = await view.t();
  const told = () => view.page.locator('[data-figure="plane"] > figcaption').textContent();
  const whole = await told();
  await view.act('slow');
  const seen = [];
  await until('all five are told', async () => {
    const now = await told();
    if (now !== whole && seen.at(-1) !== now) seen.push(now);
    return now;
  }, (now) => seen.length >= 5 && now === whole, 25_000);
  assert.equal(seen.length, 5, seen.join(' | '));
  assert.equal(await view.t(), first + 1, 'then the step is made');
});

test('noise keeps the gap up, and the link keeps the noise', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  const last = async () => {
    const tail = (await view.csv('gap')).series(/gap/i).slice(-300);
    return tail.reduce((sum, point) => sum + point.y, 0) / tail.length;
  };
  const quiet = await last();
  await view.act('noise');
  await until('the noise is in the link', () => view.hash(), (hash) => hash.includes('sigma=1'), 5_000);
  assert.ok(await view.page.locator('.noise-ball').count() > 0, 'the ball is drawn');
  const noisy = await last();
  assert.ok(noisy > 3 * quiet, `${noisy} beside ${quiet}`);
  await view.page.reload();
  await until('the noise is back', () => view.page.locator('.noise-ball').count(), (n) => n > 0, 20_000);
  assert.equal(await last(), noisy, 'the same seed draws the same noise');
});

test('oracle and projection are timed below the gallery, up to n = 10⁶, by the engine', { timeout: 300_000 }, async (t) => {
  const view = await lab.open(link('geometry'));
  await view.page.locator('.to-gallery').first().click();
  const button = view.page.locator('[data-act="measure-cost"]');
  await button.waitFor({ timeout: 20_000 });
  assert.ok(await view.page.locator('[data-card]').count() >= 15, 'every set has its card');
  // What comes before is loading: the page with its gallery, and the engine.
  await until('an engine is there', () => view.device(), (device) => device && device !== 'none', 60_000);
  await view.page.waitForTimeout(2000);
  const from = await view.now();
  await button.click();
  await until('the first set is measured', () => view.page.locator('[data-cost="l1"] .f.pg').count(), (n) => n > 0, 30_000);
  // A second press asks no further, a third one starts anew.
  await button.click();
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  await button.click();
  await until('the measurement ends', () => button.getAttribute('aria-pressed'), (now) => now === 'false', 240_000);
  const to = await view.now();

  const marks = (set, family) => view.page.locator(`[data-cost="${set}"] .f.${family}`)
    .evaluate((path) => path.getAttribute('d').split('M').length - 1);
  for (const set of ['l1', 'simplex', 'permutahedron']) {
    assert.equal(await marks(set, 'fw'), 6, `${set}: a disc a size`);
    assert.equal(await marks(set, 'pg'), 6, `${set}: a square a size`);
  }
  // The text of a line that ends early says how long the next call would have taken.
  const rows = (await view.csv('cost')).rows;
  t.diagnostic(`${rows.length} rows in ${((to - from) / 1000).toFixed(0)} s`);
  assert.ok(rows.length > 80, `${rows.length} rows`);
  const { longTasks, slowFrames } = await view.seen();
  const during = (task) => task.start >= from && task.start <= to;
  assert.deepEqual(longTasks.filter(during), [], JSON.stringify(slowFrames.filter(during)));
});
