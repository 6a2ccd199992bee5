// The lab as a user meets it: opening a page, pressing its buttons, reading its numbers.
//
// What the tests rely on in the DOM, here and in the test files:
//   body[data-ready]           geometry, theory, methods, train or attack: the first live figure of that page is drawn
//   [data-act]                 play, step, reset, new-seed, ab, device, share, export, theme, language, keys,
//                              recover (if a problem waits for the user), add-corner (polygon)
//   [data-figure]              the figures; inside each, [data-act=csv] and [data-act=png] export it
//   [data-engine-state]        loading, ready, running, paused, failed
//   [data-device]              cpu or gpu: where the numbers are computed
//   [data-step]                its text is t
//   [data-status]              status line for messages
//   [data-param]               a control, by its URL key; [data-set] a set chip; [data-handle] a grip of the plane;
//                              [data-method] a chip or a row of the methods page
//   [data-result]              in the grid: broken, held, lost-in-8-bits, clean-wrong; [data-robust-acc] a share
//
// Environment: SHOTS = folder for screenshots; every test that fails leaves one there, and so do the
// tests that end in a picture worth looking at.

import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before } from 'node:test';
import assert from 'node:assert/strict';

import { launch, serve } from './browser.mjs';
import { Table } from './table.mjs';
import { Watch } from './watch.mjs';

const SHOTS = process.env.SHOTS ? resolve(process.env.SHOTS) : null;

/** Screen sizes that matter. */
export const DESKTOP = { width: 1280, height: 720 };
export const PHONE = { width: 360, height: 740 };

/**
 * Reads until `ok(value)` holds, and returns that value.
 * @throws {Error} after `timeout` ms, with the last value seen
 */
export async function until(what, read, ok = Boolean, timeout = 30_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const seen = await read();
    if (ok(seen)) return seen;
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${timeout / 1000} s; last seen: ${JSON.stringify(seen)}`);
    }
    await sleep(100);
  }
}

/** The first number in a text: thousands separators, a typographic minus and `×10⁻⁵` are understood. NaN if none. */
export function number(text) {
  const plain = (text ?? '')
    .replace(/\u2212/g, '-')
    .replace(/(?<=\d)[,\u00a0\u2009\u202f](?=\d{3})/g, '')
    .replace(/×10([⁻⁰¹²³⁴-⁹]+)/gu, (_, power) => `e${[...power].map((c) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(c)).map((i) => (i === 0 ? '-' : i - 1)).join('')}`);
  const found = plain.match(/-?\d+(\.\d+)?(e[-+]?\d+)?/i);
  return found ? Number(found[0]) : NaN;
}

/** The hash of a page in a given state; `v` is the version of the state's format. */
export function link(page, state = {}) {
  return `#/${page}?${new URLSearchParams({ v: '1', ...state })}`;
}

/** A browser and a server for the tests of one file. Call once at its top. */
export function useLab({ gpu = false, prefix = '/' } = {}) {
  const lab = new Lab(gpu, prefix);
  before(() => lab.start());
  after(() => lab.stop());
  afterEach((t) => lab.endTest(t));
  return lab;
}

/** See [`useLab`]. */
export class Lab {
  #views = [];
  #browser;
  #plug;
  /** Address of the app, ending with its sub-path. */
  url = '';

  constructor(gpu, prefix) {
    this.gpu = gpu;
    this.prefix = prefix;
  }

  async start() {
    const { url, stop } = await serve({ prefix: this.prefix });
    this.url = url;
    this.#plug = stop;
    this.#browser = await launch({ gpu: this.gpu });
  }

  async stop() {
    await this.#browser?.close();
    await this.#plug?.();
  }

  /** Ends the server while pages stay open: a network that went away. */
  async pullThePlug() {
    const plug = this.#plug;
    this.#plug = null;
    await plug();
  }

  /**
   * Opens the app in a fresh profile.
   * @param {string} hash for example `link('train', { net: 'tiny' })`
   * @param {object} options viewport, theme ('light' | 'dark'), locale, touch, search (`?faults=1`),
   *   serviceWorkers ('allow' | 'block'), prepare: what to do with the context before the page opens,
   *   wait: false returns before the page is ready; trouble: true does not fail the test on console
   *   errors, failed requests or policy violations, for tests that cause some
   */
  async open(hash, options = {}) {
    const { viewport = DESKTOP, theme = 'light', locale = 'en-GB', touch = false, search = '', wait = true } = options;
    const { serviceWorkers = 'allow', prepare = () => {} } = options;
    const context = await this.#browser.newContext({
      viewport,
      locale,
      colorScheme: theme,
      hasTouch: touch,
      isMobile: touch,
      serviceWorkers,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await Watch.install(context);
    const watch = new Watch(context, new URL(this.url).origin);
    await prepare(context);
    const page = await context.newPage();
    const view = new View(page, watch, options.trouble === true);
    this.#views.push(view);
    await page.goto(`${this.url}${search}${hash}`, { waitUntil: 'commit' });
    if (wait) await view.ready(hash.match(/^#\/(\w+)/)?.[1]);
    return view;
  }

  /** After every test: a picture if it failed, then no trouble may be left, then all pages close. */
  async endTest(t) {
    const views = this.#views;
    this.#views = [];
    try {
      for (const view of views) {
        if (t?.passed === false) await view.shot(`failed-${t.name}`).catch(() => {});
        if (!view.troubleExpected) assert.deepEqual(await view.trouble(), [], 'the page must run without trouble');
      }
    } finally {
      for (const view of views) await view.page.context().close();
    }
  }
}

/** One open page of the lab. */
export class View {
  constructor(page, watch, troubleExpected) {
    this.page = page;
    this.watch = watch;
    this.troubleExpected = troubleExpected;
  }

  // ---- reading

  /** Waits until the first live figure of `page` is drawn. */
  async ready(page, timeout = 30_000) {
    await until(`${page} is drawn`, () => this.attribute('body', 'data-ready'), (now) => now === page, timeout);
  }

  /** An attribute of the first match, or null. */
  attribute(selector, name) {
    return this.page.evaluate(
      ([s, n]) => document.querySelector(s)?.getAttribute(n) ?? null,
      [selector, name],
    ).catch(duringNavigation(null));
  }

  /** The text of the first match, or null. */
  text(selector) {
    return this.page.evaluate((s) => document.querySelector(s)?.textContent.trim() ?? null, selector)
      .catch(duringNavigation(null));
  }

  /** Steps done. */
  async t() {
    return number(await this.text('[data-step]'));
  }

  /** loading, ready, running, paused or failed. */
  state() {
    return this.attribute('[data-engine-state]', 'data-engine-state');
  }

  /** cpu or gpu. */
  device() {
    return this.attribute('[data-device]', 'data-device');
  }

  figure(name) {
    return this.page.locator(`[data-figure="${name}"]`).first();
  }

  /** All that a figure says in words: its label and its text. Changes when the figure changes. */
  words(name) {
    return this.page.evaluate((n) => {
      const figure = document.querySelector(`[data-figure="${n}"]`);
      return figure && `${figure.getAttribute('aria-label')} ${figure.textContent}`.replace(/\s+/g, ' ');
    }, name);
  }

  /** Every text the status line has shown, oldest first. */
  async statuses() {
    return (await this.seen()).statuses.map((status) => status.text);
  }

  /** What watch.mjs saw inside the page: longTasks, slowFrames, violations, statuses, workers, messages. */
  seen() {
    return this.page.evaluate(() => window.__watch);
  }

  /** Milliseconds since navigation, on the page's clock. */
  now() {
    return this.page.evaluate(() => performance.now());
  }

  /** Everything that should not have happened so far. */
  async trouble() {
    const violations = this.page.isClosed() ? [] : (await this.seen())?.violations ?? [];
    return [...this.watch.trouble, ...violations];
  }

  /** The browser-side state of the page's URL. */
  hash() {
    return this.page.evaluate(() => location.hash);
  }

  // ---- acting

  /** Presses the visible button that does `act`. */
  async act(act) {
    await this.page.locator(`[data-act="${act}"]:visible`).first().click();
  }

  /** Waits until the engine can take orders. */
  async engine(timeout = 60_000) {
    return until('the engine is up', () => this.state(), (s) => ['ready', 'running', 'paused'].includes(s), timeout);
  }

  async play() {
    await this.engine();
    if ((await this.state()) !== 'running') await this.act('play');
    await until('it runs', () => this.state(), (s) => s === 'running', 15_000);
  }

  /** Pauses and returns t, which no longer changes. */
  async pause() {
    if ((await this.state()) === 'running') await this.act('play');
    await until('it pauses', () => this.state(), (s) => s !== 'running', 30_000);
    return this.settled();
  }

  /** Waits until t has stood still for half a second; returns it. */
  async settled() {
    let last = await this.t();
    await until('t stands still', async () => {
      await sleep(500);
      const [before, now] = [last, await this.t()];
      last = now;
      return before === now;
    });
    return last;
  }

  /** Runs until at least `steps` steps are done; returns t. */
  async untilStep(steps, timeout = 60_000) {
    return until(`${steps} steps`, () => this.t(), (t) => t >= steps, timeout);
  }

  /** Presses a button that starts a download, even one in a folded menu; returns name and bytes. */
  async download(selector) {
    const button = this.page.locator(selector).first();
    const [download] = await Promise.all([
      this.page.waitForEvent('download', { timeout: 15_000 }),
      button.evaluate((element) => {
        for (let d = element.closest('details'); d; d = d.parentElement?.closest('details')) d.open = true;
        element.click();
      }),
    ]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  /** Opens a figure's menu and waits for one of its buttons, which are fetched when it first opens; its selector. */
  async menuButton(figure, act) {
    const menu = `[data-figure="${figure}"] .figure-menu`;
    await this.page.locator(menu).first().evaluate((element) => {
      for (let d = element; d; d = d.parentElement?.closest('details')) d.open = true;
    });
    const button = `${menu} [data-act="${act}"]`;
    await this.page.locator(button).first().waitFor({ state: 'attached', timeout: 10_000 });
    return button;
  }

  /** What a figure's menu saves: `act` is png or csv. */
  async figureFile(figure, act) {
    return this.download(await this.menuButton(figure, act));
  }

  /** The data of a figure, from its table on screen. Chromium lets a page start no more than ten downloads by script. */
  async table(figure) {
    const press = (selector) => this.page.locator(selector).first().evaluate((button) => button.click());
    await press(await this.menuButton(figure, 'table'));
    const table = `[data-figure="${figure}"] .figure-table`;
    await this.page.locator(`${table} tr`).first().waitFor({ state: 'attached', timeout: 10_000 });
    const [columns, ...rows] = await this.page.$$eval(`${table} tr`, (all) =>
      all.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
    await press(`${table} [data-act="table-close"]`);
    return new Table(columns, rows);
  }

  /** The data of a figure, from its CSV export. */
  async csv(figure) {
    const { name, bytes } = await this.figureFile(figure, 'csv');
    assert.match(name, /\.csv$/, 'a CSV export is called .csv');
    return Table.parse(bytes.toString('utf8'));
  }

  /** A screenshot in $SHOTS, if that is set. */
  async shot(name) {
    if (!SHOTS || this.page.isClosed()) return;
    mkdirSync(SHOTS, { recursive: true });
    const file = `${name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80)}.png`;
    await this.page.screenshot({ path: join(SHOTS, file) });
  }
}

/** While a page reloads there is nothing to read: answer with `value` instead of an error. */
function duringNavigation(value) {
  return (error) => {
    if (/context was destroyed|navigat/i.test(error.message)) return value;
    throw error;
  };
}
