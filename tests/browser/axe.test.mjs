// Accessibility rules that a machine can check: no serious or critical violation on any page, light
// or dark, with live figures.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { AxeBuilder } from '@axe-core/playwright';

import { PHONE, link, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 120_000 };

/** Serious and critical violations as sentences. */
async function violations(view) {
  const { violations: all } = await new AxeBuilder({ page: view.page }).analyze();
  return all
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => (
      `${id} (${help}) at ${target.join(' ')}: ${failureSummary.split('\n').slice(1).join(' ').trim()}`
    )));
}

/** Brings the page to the state a user would look at. */
async function alive(view, name) {
  if (name === 'geometry') {
    await view.act('step');
    return;
  }
  if (name === 'theory' || name === 'methods') return;
  await view.play();
  await view.untilStep(3, 60_000);
  // Stopped, so that the page does not change under the checker's hands.
  await view.pause();
}

for (const name of ['geometry', 'theory', 'methods', 'train', 'attack']) {
  for (const theme of ['light', 'dark']) {
    test(`${name}, ${theme}`, MINUTES, async () => {
      const state = { geometry: {}, theory: {}, methods: {}, train: { net: 'tiny', every: '5' }, attack: { N: '200', images: '8' } }[name];
      const view = await lab.open(link(name, state), { theme });
      await alive(view, name);
      assert.deepEqual(await violations(view), []);
      await view.shot(`axe-${name}-${theme}`);
    });
  }
}

test('dialogs: keyboard map and capability panel', MINUTES, async () => {
  const view = await lab.open(link('train'));
  for (const act of ['keys', 'device']) {
    await view.act(act);
    assert.deepEqual(await violations(view), [], act);
    await view.page.keyboard.press('Escape');
  }
});

test('on a phone', MINUTES, async () => {
  const view = await lab.open(link('geometry'), { viewport: PHONE, touch: true });
  assert.deepEqual(await violations(view), []);
});
