// Any static host, any folder: the app runs under a sub-path, and once loaded also without a network.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { link, until, useLab } from './lab.mjs';

const lab = useLab({ prefix: '/some/where/lab/' });

test('under a sub-path the app loads nothing from outside it, and trains', { timeout: 120_000 }, async () => {
  const view = await lab.open(link('train', { net: 'tiny' }));
  await view.play();
  await view.untilStep(3);
  const outside = view.watch.requests
    .map(({ url }) => new URL(url))
    .filter((url) => url.protocol === 'http:' && !url.pathname.startsWith('/some/where/lab/'))
    .map((url) => url.pathname);
  assert.deepEqual(outside, []);
});

// Last in its file: it takes the server away.
test('after a second visit, the app opens and trains without a network', { timeout: 180_000 }, async () => {
  const view = await lab.open(link('train', { net: 'tiny' }), { trouble: true });
  await view.play();
  await view.untilStep(3);
  await until(
    'the service worker is in charge',
    () => view.page.evaluate(async () => Boolean((await navigator.serviceWorker?.ready) && navigator.serviceWorker.controller)),
    Boolean, 30_000,
  );
  // From now on everything passes through the service worker, and it keeps what is used.
  await view.page.reload({ waitUntil: 'commit' });
  await view.ready('train');
  await view.play();
  await view.untilStep(3);
  await stands(view);

  await lab.pullThePlug();
  await view.page.reload({ waitUntil: 'commit' });
  await view.ready('train', 30_000);
  await view.play();
  await view.untilStep(3);
  await view.page.goto('about:blank');
  await view.page.goto(`${lab.url}${link('geometry')}`, { waitUntil: 'commit' });
  await view.ready('geometry', 15_000);
  await view.shot('offline');
});

/** Waits until the service worker stores nothing more. */
async function stands(view) {
  const stored = () => view.page.evaluate(async () => {
    const names = await caches.keys();
    const counts = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
    return counts.reduce((sum, n) => sum + n, 0);
  });
  let last = -1;
  await until('the store is filled', async () => {
    const before = last;
    last = await stored();
    await sleep(2000);
    return last > 0 && last === before;
  }, Boolean, 60_000);
}
