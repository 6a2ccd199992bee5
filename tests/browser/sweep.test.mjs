// A collected sweep, dropped on the page: a table that sorts, what is missing by name, the gap of every group, and each
// run's experiment one press away.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTE = { timeout: 60_000 };

/** What `fwlab collect --page` writes of two methods on two seeds, the last run missing. */
async function collected() {
  const bundled = join(import.meta.dirname, '../../www/models/fashion-mnist-sfw.experiment.json');
  const experiment = JSON.parse(await readFile(bundled, 'utf8'));
  const cell = (method, seed, gap) => ({
    name: `method-${method}_seed-${seed}`,
    values: [method, String(seed)],
    status: 'whole',
    remark: null,
    seconds: 12.5,
    experiment: { ...experiment, seed },
    b: null,
    a: {
      steps: 1000, gradient_evaluations: 64000, test_images: 500, test_accuracy: 0.5 + gap / 10, best_test_accuracy: 0.6,
      best_test_step: 900, test_loss: 1.1, reference_loss: 1, full_gap: gap, full_gap_mean: 2 * gap, batch_gap_mean: null,
      curve: [1, 10, 100, 1000].map((t) => [t, 0.3, 1.5, 1.4, (gap * 1000) / t]),
    },
  });
  const lost = {
    name: 'method-sgd_seed-9', values: ['sgd', '9'], status: 'missing',
    remark: 'there is no event file', seconds: null, experiment: { ...experiment, seed: 9 }, a: null, b: null,
  };
  const cells = [cell('sfw', 7, 0.5), cell('sfw', 8, 0.25), cell('sgd', 7, 2), lost];
  return JSON.stringify({ version: 1, sweep: { axes: ['method', 'seed'], cells } });
}

/** Drops a file with this text on the page. */
async function drop(view, name, text) {
  // The page listens once its dialogs are here.
  await view.page.locator('dialog.sweep').waitFor({ state: 'attached', timeout: 20_000 });
  await view.page.evaluate(([file, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([content], file, { type: 'application/json' }));
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [name, text]);
}

test('a dropped sweep is a table that sorts, names what is missing and opens its runs', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  await drop(view, 'sweep.page.json', await collected());
  const dialog = view.page.locator('dialog.sweep');
  await dialog.locator('tbody tr').first().waitFor({ state: 'visible', timeout: 10_000 });

  const text = await dialog.innerText();
  assert.match(text, /3 of 4 runs are whole/);
  assert.match(text, /method-sgd_seed-9 missing: there is no event file/);
  const seeds = () => dialog.locator('tbody tr td:nth-of-type(3)').allTextContents();
  const sorted = (what, expected) => until(what, seeds, (seen) => seen.join() === expected, 5_000);
  await sorted('by name at first', '7,8,7,9');

  const head = (name) => dialog.locator('thead th', { hasText: name });
  const gap = head(/^full gap/);
  await gap.locator('button').click();
  await sorted('lowest gap first, what has none last', '8,7,7,9');
  assert.equal(await gap.getAttribute('aria-sort'), 'ascending');
  await view.page.keyboard.press('Enter');
  await sorted('turned round from the keyboard, what has none still last', '7,7,8,9');
  assert.equal(await gap.getAttribute('aria-sort'), 'descending');

  const figure = view.figure('sweep');
  await until('the curves are drawn', () => figure.locator('path.ln').count(), (count) => count === 3, 5_000);
  assert.match(await figure.getAttribute('aria-label'), /2 groups/);
  await view.shot('sweep');

  await dialog.getByRole('link', { name: 'Open the experiment of method-sfw_seed-8' }).click();
  await view.ready('train');
  await until('its seed is in the link', () => view.hash(), (hash) => /[?&]seed=8(&|$)/.test(hash), 10_000);
  assert.equal(await dialog.evaluate((element) => element.open), false);
});

test('a sweep from a later version is refused, and said so', MINUTE, async () => {
  const view = await lab.open(link('geometry'));
  await drop(view, 'later.json', JSON.stringify({ version: 99, sweep: { axes: [], cells: [] } }));
  await until('it is said', () => view.statuses(), (all) => all.some((said) => /later\.json/.test(said)), 10_000);
  assert.equal(await view.page.locator('dialog.sweep').evaluate((element) => element.open), false);
});
