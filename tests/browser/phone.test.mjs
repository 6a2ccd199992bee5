// 360 × 740, by touch: nothing hangs over the edge, one figure at a time, everything within the thumb's reach.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { PHONE, link, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 120_000 };
const TOUCH = { viewport: PHONE, touch: true };

/** How far the document hangs over the right edge, and what sticks out. */
function overhang(view) {
  return view.page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('body *')]
      .filter((e) => e.getBoundingClientRect().right > width + 1 && e.checkVisibility({ visibilityProperty: true }))
      .slice(0, 5)
      .map((e) => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''}`);
    return { by: document.scrollingElement.scrollWidth - width, out };
  });
}

for (const name of ['geometry', 'train', 'attack']) {
  test(`${name} fits and its tabs show one figure each`, MINUTES, async () => {
    const view = await lab.open(link(name, name === 'geometry' ? {} : { net: 'tiny' }), TOUCH);
    const before = await overhang(view);
    assert.ok(before.by <= 0, `no sideways scrolling: ${before.by} px, ${before.out}`);

    const tabs = view.page.locator('.tabs label:visible, .tabs [role="tab"]:visible');
    const count = await tabs.count();
    assert.ok(count >= 2, `tabs: ${count}`);
    const shown = () => view.page.evaluate(() => [...document.querySelectorAll('[data-figure]')]
      .filter((figure) => figure.checkVisibility() && figure.getBoundingClientRect().height > 0)
      .map((figure) => figure.getAttribute('data-figure')).join(' '));
    const seen = new Set();
    for (let i = 0; i < count; i += 1) {
      const label = await tabs.nth(i).innerText();
      await tabs.nth(i).tap();
      await until(`tab ${label} shows a figure`, shown, Boolean, 5_000);
      seen.add(await shown());
      const { by, out } = await overhang(view);
      assert.ok(by <= 0, `tab ${label} hangs over by ${by} px: ${out}`);
      await view.shot(`phone-${name}-${i + 1}`);
    }
    assert.equal(seen.size, count, `each tab shows something else: ${[...seen].join(' / ')}`);
  });
}

for (const name of ['theory', 'methods']) {
  test(`the ${name} page fits`, MINUTES, async () => {
    const view = await lab.open(link(name), TOUCH);
    const { by, out } = await overhang(view);
    assert.ok(by <= 0, `no sideways scrolling: ${by} px, ${out}`);
    await view.shot(`phone-${name}`);
  });
}

test('what a finger must hit is at least 44 pixels in the transport', MINUTES, async () => {
  const view = await lab.open(link('train', { net: 'tiny' }), TOUCH);
  for (const act of ['play', 'step', 'reset']) {
    const box = await view.page.locator(`[data-act="${act}"]:visible`).first().boundingBox();
    assert.ok(box.width >= 44 && box.height >= 44, `${act}: ${box.width} × ${box.height}`);
    assert.ok(box.y >= 0 && box.y + box.height <= PHONE.height, `${act} is on the screen at ${box.y}`);
  }
});

test('training works by touch', MINUTES, async () => {
  const view = await lab.open(link('train', { net: 'tiny' }), TOUCH);
  await view.engine();
  if ((await view.state()) !== 'running') await view.page.locator('[data-act="play"]:visible').first().tap();
  await view.untilStep(5);
});
