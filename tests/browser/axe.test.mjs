// Accessibility rules that a machine can check: no serious or critical violation on any page, light
// or dark, with live figures.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { STATES, alive, violations } from './axe.mjs';
import { PHONE, link, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 120_000 };

for (const name of ['geometry', 'theory', 'methods', 'train', 'attack']) {
  for (const theme of ['light', 'dark']) {
    test(`${name}, ${theme}`, MINUTES, async () => {
      const view = await lab.open(link(name, STATES[name]), { theme });
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
