// What all pages share: the state in the URL, theme, language, keyboard, exports, and the policy that
// keeps foreign code out.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 120_000 };
const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff]/;

/** The pairs of a hash. */
function pairs(hash) {
  return Object.fromEntries(new URLSearchParams(hash.split('?')[1] ?? ''));
}

/** Waits until the hash holds these pairs. */
function holds(view, wanted) {
  return until(
    `the link holds ${JSON.stringify(wanted)}`, async () => pairs(await view.hash()),
    (now) => Object.entries(wanted).every(([key, value]) => now[key] === value), 10_000,
  );
}

test('a reload restores the state, and so do back and forward', MINUTES, async () => {
  const state = { net: 'tiny', seed: '9', lr: '0.05', set: 'l1' };
  const view = await lab.open(link('train', state));
  await holds(view, state);
  await view.page.reload({ waitUntil: 'commit' });
  await view.ready('train');
  await holds(view, state);

  await view.page.locator('a[href*="#/attack"]:visible').first().click();
  await view.ready('attack');
  await view.page.goBack({ waitUntil: 'commit' });
  await view.ready('train');
  await holds(view, state);
  await view.page.goForward({ waitUntil: 'commit' });
  await view.ready('attack');
});

test('a value out of range is adjusted and said so; nonsense is refused with the reason', MINUTES, async () => {
  const view = await lab.open(link('attack', { eps: '99', images: 'many' }));
  const said = await until(
    'both are said', async () => `${(await view.statuses()).join(' ')} ${await view.page.locator('body').innerText()}`,
    (text) => /99/.test(text) && /many/.test(text), 10_000,
  );
  assert.match(said, /32/, 'the value that was used');
  await until('the link is put right', async () => pairs(await view.hash()), (now) => now.eps === '32', 10_000);
  assert.equal(pairs(await view.hash()).images, undefined);
});

test('a page whose code does not arrive is said so, and the next try brings it', MINUTES, async () => {
  const view = await lab.open(link('geometry'), { trouble: true });
  // Other pages are fetched early: this one as if the network had gone before that.
  const parts = /split_attack\.wasm$/;
  await view.page.route(parts, (route) => route.abort());
  await view.page.reload({ waitUntil: 'commit' });
  await view.ready('geometry');
  const go = (page) => view.page.locator(`a[href*="#/${page}"]:visible`).first().click();
  await go('attack');
  await until('the page says what is missing', () => view.statuses(), (all) => all.some((text) => /could not be fetched/.test(text)), 10_000);
  await view.page.unroute(parts);
  await go('geometry');
  await go('attack');
  await view.ready('attack');
});

test('a link from a future version or full of rubbish still opens the page', MINUTES, async () => {
  for (const hash of ['#/train?v=999&seed=4', '#/train?%%%=&&=&v=1&net=', '#/nowhere?v=1', '#']) {
    const view = await lab.open(hash, { wait: false });
    await until(`${hash} opens something`, () => view.attribute('body', 'data-ready'), Boolean, 20_000);
  }
});

test('light and dark', MINUTES, async () => {
  const view = await lab.open(link('geometry'), { theme: 'light' });
  const brightness = () => view.page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d');
    const opaque = [document.body, document.documentElement]
      .map((element) => getComputedStyle(element).backgroundColor)
      .find((colour) => colour !== 'rgba(0, 0, 0, 0)') ?? '#fff';
    canvas.fillStyle = opaque;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((sum, c) => sum + c, 0) / 3;
  });
  assert.ok((await brightness()) > 200, 'follows the system: light');
  await view.act('theme');
  await until('dark', brightness, (value) => value < 80, 5_000);
  await view.page.reload({ waitUntil: 'commit' });
  await view.ready('geometry');
  assert.ok((await brightness()) < 80, 'the choice is kept');
  const dark = await lab.open(link('geometry'), { theme: 'dark' });
  const own = await dark.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(own, 'rgb(255, 255, 255)', 'follows the system: dark');
});

for (const name of ['geometry', 'theory', 'methods', 'train', 'attack']) {
  test(`${name} in English and Japanese, no text is missing`, MINUTES, async () => {
    const view = await lab.open(link(name));
    const texts = () => view.page.evaluate(() => {
      const labels = [...document.querySelectorAll('[aria-label], [title]')]
        .flatMap((element) => [element.getAttribute('aria-label'), element.getAttribute('title')]);
      return [document.body.textContent, ...labels].join(' \n ');
    });
    // A text that is not in the file shows as its key: `param.momentum` or `en.param.momentum`.
    const missing = /\b(?:(?:en|ja)\.)?(?:page|param|figure|set|method|rate|batch|rescale|data|network|activation|problem|device|act|status|keys|attack|train|geometry|theory|claim|methods|finite-sum|gallery|shell|panel)\.[a-z][a-z_]+\b/;
    assert.doesNotMatch(await texts(), missing);
    await view.act('language');
    await until('the language of the page is ja', () => view.attribute('html', 'lang'), (lang) => lang === 'ja', 5_000);
    await until('the question is Japanese', () => view.text('h1'), (text) => JAPANESE.test(text), 5_000);
    assert.doesNotMatch(await texts(), missing);
    await view.shot(`${name}-ja`);
    await view.act('language');
    await until('and back', () => view.text('h1'), (text) => !JAPANESE.test(text), 5_000);
  });
}

test('the keyboard map opens on ? and closes on Escape, with the focus back where it was', MINUTES, async () => {
  const view = await lab.open(link('geometry'));
  const dialog = view.page.locator('dialog[open], [role="dialog"]:visible');
  await view.page.locator('[data-act="step"]:visible').first().focus();
  await view.page.keyboard.press('?');
  await until('it is open', () => dialog.count(), (n) => n === 1, 5_000);
  assert.ok((await dialog.locator('kbd').count()) >= 5, 'it lists keys');
  await view.page.keyboard.press('Escape');
  await until('it is closed', () => dialog.count(), (n) => n === 0, 5_000);
  assert.equal(await view.page.evaluate(() => document.activeElement?.getAttribute('data-act')), 'step');
});

test('keys work the transport, and the focus can be seen', MINUTES, async () => {
  const view = await lab.open(link('geometry'));
  await view.act('reset');
  await view.settled();
  await view.page.locator('body').click({ position: { x: 2, y: 2 } });
  await view.page.keyboard.press('Space');
  await view.untilStep(2, 15_000);
  await view.page.keyboard.press('Space');
  await view.settled();
  await view.page.keyboard.press('r');
  await until('r resets', () => view.t(), (t) => t === 0, 5_000);
  await view.page.keyboard.press('Tab');
  const ring = await view.page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  });
  assert.ok(ring, 'what has the focus has an outline');
});

test('Share copies a link that opens the same state', MINUTES, async () => {
  const state = { net: 'tiny', seed: '12', w: '2' };
  const view = await lab.open(link('train', state));
  await view.act('share');
  const copied = await until(
    'the link is on the clipboard', () => view.page.evaluate(() => navigator.clipboard.readText()),
    (text) => text.startsWith(lab.url), 10_000,
  );
  const other = await lab.open(new URL(copied).hash);
  await holds(other, state);
});

test('every figure exports as PNG and as CSV, the experiment as a file', MINUTES, async () => {
  // A page each: Chromium lets one page start ten downloads by script.
  const pages = [
    ['geometry', {}, ['plane', 'gap']],
    ['train', { net: 'tiny', every: '5' }, ['loss', 'gap', 'layers', 'network', 'samples']],
    ['attack', { N: '5', images: '4' }, ['triptych', 'race', 'attack-gap']],
    ['attack', { N: '5', images: '4' }, ['epsilon', 'grid', 'robust']],
  ];
  for (const [name, state, list] of pages) {
    const view = await lab.open(link(name, state));
    if (name === 'geometry') {
      await view.act('step');
    } else if (name === 'train') {
      await view.play();
      await view.untilStep(6);
      await view.pause();
    } else {
      await until('the clean images are evaluated', () => view.page.locator('[data-figure="grid"] [data-result]').count(), Boolean, 60_000);
      // A short race may be over before anybody could see it running.
      if ((await view.state()) !== 'running' && (await view.t()) < 5) await view.act('play');
      await view.untilStep(5);
    }
    for (const figure of list) {
      const png = await view.figureFile(figure, 'png');
      assert.match(png.name, /\.png$/);
      assert.equal(png.bytes.subarray(1, 4).toString('latin1'), 'PNG', figure);
      assert.ok(png.bytes.length > 1000, `${figure}.png holds a picture: ${png.bytes.length} bytes`);
      assert.ok((await view.csv(figure)).rows.length >= 1, `${figure}.csv holds rows`);
    }
  }
  // A page of its own: Chromium lets one page start ten downloads by script.
  const view = await lab.open(link('train', { net: 'tiny' }));
  await view.act('share');
  const file = await view.download('[data-act="export"]');
  assert.match(file.name, /\.json$/);
  const experiment = JSON.parse(file.bytes.toString('utf8'));
  assert.equal(experiment.version, 1);
  assert.equal(experiment.network, 'tiny');
});

test('figures have a text alternative', MINUTES, async () => {
  for (const name of ['geometry', 'theory', 'methods', 'train', 'attack']) {
    const view = await lab.open(link(name));
    const silent = await view.page.$$eval('[data-figure]', (all) => all
      // One that is not shown says nothing to anybody, and is computed when it is.
      .filter((figure) => figure.checkVisibility() && !(figure.getAttribute('aria-label') ?? '').trim())
      .map((figure) => figure.getAttribute('data-figure')));
    assert.deepEqual(silent, [], name);
  }
});

test('the content security policy is strict, and it bites', MINUTES, async () => {
  const view = await lab.open(link('geometry'), { trouble: true });
  const policy = await view.page.evaluate(async () => {
    const meta = document.querySelector('meta[http-equiv="Content-Security-Policy" i]')?.content;
    return meta ?? (await fetch(location.href)).headers.get('content-security-policy') ?? '';
  });
  const scripts = policy.match(/script-src[^;]*/)?.[0] ?? policy.match(/default-src[^;]*/)?.[0] ?? '';
  assert.match(scripts, /'self'/, `a policy for scripts: ${policy}`);
  assert.doesNotMatch(scripts, /'unsafe-inline'|'unsafe-eval'|\*|https?:/, scripts);
  const ran = await view.page.evaluate(() => new Promise((done) => {
    // From a timer: code that the test itself injects is exempt.
    setTimeout(() => {
      const script = document.createElement('script');
      let evaluated = false;
      try {
        script.textContent = 'window.__inline = true';
        document.head.append(script);
        evaluated = (0, eval)('true');
      } catch {
        // refused, as it should be
      }
      done(window.__inline === true || evaluated);
    }, 0);
  }));
  assert.equal(ran, false, 'neither an inline script nor eval runs');
});
