// The slides' table of methods: a row a method, and a link a row that opens the experiment it names.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTE = { timeout: 60_000 };

/** Opens the theory page and follows the link of a row. */
async function run(key) {
  const view = await lab.open(link('theory', { T: '100' }));
  await view.page.locator('#cnn').scrollIntoViewIfNeeded();
  const links = view.page.locator('.slides a[data-row]');
  await links.first().waitFor({ state: 'visible', timeout: 20_000 });
  assert.equal(await links.count(), 9, 'eight methods of the slides, and their own');
  await view.page.locator(`.slides a[data-row="${key}"]`).click();
  return view;
}

test('the row of Négiar et al. races on the softmax head over frozen features', MINUTE, async () => {
  const view = await run('negiar');
  await view.ready('methods');
  await until('it runs', () => view.t(), (t) => t > 20, 20_000);
  const hash = await view.hash();
  assert.ok(hash.includes('problem=frozen') && hash.includes('race=negiar'), hash);
  assert.equal(await view.page.locator('.needs tbody tr:visible').count(), 1);
  assert.match(await view.text('[data-figure="race"] figcaption'), /1,000 samples, 320 parameters/);
});

test('the row of the slides’ own method opens its experiment on a network', MINUTE, async () => {
  const view = await run('own');
  await view.ready('train');
  const part = (text) => (hash) => hash.includes(text);
  for (const text of ['rate=power', 'batch=growing', 'beta=0', 'scale=none']) {
    await until(`${text} is in the link`, () => view.hash(), part(text), 5_000);
  }
});
