// The attack page: looking back at a call of the race, a picture of one's own, drawn on the pad, and a network of one's
// own, out of a file.

import { test } from 'node:test';
import assert from 'node:assert/strict';

import { link, until, useLab } from './lab.mjs';

const lab = useLab();
const MINUTES = { timeout: 180_000 };

/** Opens the page and runs a short race to its last call. */
async function race(state = {}) {
  const budget = Number(state.N ?? 12);
  const view = await lab.open(link('attack', { N: String(budget), images: '4', ...state }));
  await view.engine();
  if ((await view.state()) !== 'running' && (await view.t()) < budget) await view.act('play');
  await view.untilStep(budget, 120_000);
  await until('the race is over', () => view.state(), (now) => now !== 'running', 15_000);
  return view;
}

const verdict = (view) => view.attribute('.badge', 'data-verdict');

test('the scrubber looks back at the image of a call, and End leads back', MINUTES, async () => {
  const view = await race();
  const present = await view.words('triptych');
  const scrubber = view.page.locator('.scrub input');
  await scrubber.focus();
  await scrubber.press('Home');
  await until('call 0 is looked at', () => verdict(view), (now) => now === 'then', 10_000);
  assert.equal(await view.t(), 0);
  assert.match(await view.words('triptych'), /Call 0 of 12/);
  for (let i = 0; i < 3; i += 1) await scrubber.press('ArrowRight');
  await until('three calls on', () => view.words('triptych'), (now) => /Call 3 of 12/.test(now), 10_000);
  await view.page.locator('[data-figure="grid"] button[data-result]').nth(2).click();
  await until('another image of that call', () => view.words('triptych'), (now) => /test image/.test(now) && /Call 3 of 12/.test(now) && now !== present, 10_000);
  await view.page.locator('[data-figure="grid"] button[data-result]').nth(0).click();
  await scrubber.focus();
  await scrubber.press('End');
  await until('back at the present', () => view.words('triptych'), (now) => now === present, 10_000);
  assert.equal(await view.t(), 12);

  const plot = view.page.locator('[data-figure="race"] .plot');
  await plot.focus();
  await plot.press('Home');
  await plot.press('ArrowRight');
  await plot.press('Enter');
  await until('the curve leads there as well', () => view.t(), (t) => t === 1, 10_000);
  await view.act('step');
  await until('a step leads back', () => verdict(view), (now) => now !== 'then', 10_000);
});

test('answers are counted from class to class, and broken images call by call', MINUTES, async () => {
  const view = await race();
  await view.page.locator('.flow-room').scrollIntoViewIfNeeded();
  await until('the part has come', () => view.words('flow'), Boolean, 15_000);
  const flow = await view.csv('flow');
  const images = flow.index(/images/i);
  assert.equal(flow.rows.reduce((sum, row) => sum + Number(row[images]), 0), 4, 'every image is counted once');
  const success = (await view.csv('success')).series(/APGD/i);
  assert.equal(success.length, 13);
  for (let i = 1; i < success.length; i += 1) assert.ok(success[i].y >= success[i - 1].y, 'what is broken stays broken');
  await view.page.locator('button[data-flow]').last().click();
  await view.shot('attack-flow');
});

test('a drawing is attacked, with the class it is said to show', MINUTES, async () => {
  const view = await lab.open(link('attack', { N: '5', images: '4' }));
  await view.engine();
  await view.act('draw');
  const sheet = view.page.locator('.pad-sheet');
  await sheet.waitFor({ state: 'visible', timeout: 15_000 });
  const pixels = () => view.page.evaluate(() => {
    const canvas = document.querySelector('.pad-sheet canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 0 && value < 128).length;
  });
  assert.equal(await pixels(), 0, 'an empty sheet');
  const box = await sheet.boundingBox();
  await view.page.mouse.move(box.x + 0.2 * box.width, box.y + 0.2 * box.height);
  await view.page.mouse.down();
  await view.page.mouse.move(box.x + 0.8 * box.width, box.y + 0.8 * box.height, { steps: 4 });
  await view.page.mouse.up();
  const drawn = await until('a stroke', pixels, (count) => count >= 15, 5_000);
  await sheet.focus();
  await sheet.press('Shift+ArrowUp');
  await sheet.press('ArrowUp');
  await sheet.press('ArrowUp');
  await sheet.press(' ');
  const more = await until('more by keys', pixels, (count) => count > drawn, 5_000);
  await view.act('undo');
  await until('one stroke less', pixels, (count) => count < more, 5_000);
  await view.page.locator('[data-param="own-label"] select').selectOption({ label: 'truck' });
  await view.shot('attack-pad');
  await view.act('use-drawing');
  await until('it is attacked', () => view.words('triptych'), (now) => /Your drawing/.test(now), 30_000);
  await until('one image', () => view.page.locator('[data-figure="grid"] button[data-result]').count(), (count) => count === 1, 30_000);
  assert.match(await view.attribute('[data-figure="grid"] button[data-result]', 'aria-label'), /truck/, 'its class is the one that was chosen');
});

test('the panel is no longer than the window', MINUTES, async () => {
  const view = await lab.open(link('attack', { images: '4', attacks: 'auto-fw,apgd,pgd,fgsm' }));
  const end = await view.page.evaluate(() => {
    const last = [...document.querySelectorAll('.rail section')].at(-1);
    return Math.round(last.getBoundingClientRect().bottom);
  });
  assert.ok(end <= 720, `the panel ends at ${end}`);
  const small = await view.page.$$eval('.rail button, .rail summary', (all) => all
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 27.5 && !one.closest('.figure-menu'))
    .map((one) => one.textContent));
  assert.deepEqual(small, [], 'every target is 28 pixels high');
});

/** Drops a file on the page: the bundled one at `address`, cut to `length` bytes, or these bytes. */
async function drop(view, name, { address = '', length = Infinity, bytes = [] }) {
  // The page listens once its dialogs are here.
  await view.page.locator('dialog.sweep').waitFor({ state: 'attached', timeout: 20_000 });
  await view.page.evaluate(async ([file, from, most, own]) => {
    const all = from ? await (await fetch(from)).arrayBuffer() : new Uint8Array(own).buffer;
    const data = new DataTransfer();
    data.items.add(new File([all.slice(0, most ?? all.byteLength)], file));
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [name, address, Number.isFinite(length) ? length : null, bytes]);
}

test('a network out of a file is attacked like the one that ships, and a wrong file changes nothing', MINUTES, async () => {
  const budget = 8;
  const view = await race({ N: String(budget), victim: 'cifar10-sgd' });
  const results = () => view.page.$$eval('[data-figure="grid"] button[data-result]', (cells) => cells.map((cell) => cell.getAttribute('aria-label')));
  const bundled = await results();
  assert.equal(bundled.length, 4);

  const network = 'models/cifar10-sgd.safetensors';
  await drop(view, 'mine.safetensors', { address: network });
  await until('it is the one that is attacked', () => view.hash(), (hash) => /victim=own/.test(hash), 30_000);
  const menu = view.page.locator('[data-param="victim"] select');
  assert.equal(await menu.evaluate((select) => select.selectedOptions[0].textContent.trim()), 'mine.safetensors');
  assert.match(await view.text('.rail .fine > summary'), /19,466 parameters/);
  await until('a race of its own', () => view.t(), (t) => t === 0, 30_000);
  await view.act('play');
  await view.untilStep(budget, 120_000);
  await until('the race is over', () => view.state(), (now) => now !== 'running', 15_000);
  await until('the same answers', results, (now) => now.join() === bundled.join(), 10_000);
  await view.shot('attack-own-network');

  const told = (what, words) => until(what, async () => (await view.statuses()).join(' | '), (all) => words.test(all), 20_000);
  await drop(view, 'half.safetensors', { address: network, length: 40_000 });
  await told('a file that is cut off', /half\.safetensors was not taken: the weights file is cut off.*40000 bytes/);
  await drop(view, 'net.onnx', { bytes: [8, 8, 0x12, 7, ...Buffer.from('pytorch'), 0x3a, 2, 10, 0] });
  await told('why no ONNX', /net\.onnx was not taken: this is an ONNX file.*Bring your own network/);
  assert.match(await view.hash(), /victim=own/);
  assert.equal(await menu.evaluate((select) => select.selectedOptions[0].textContent.trim()), 'mine.safetensors');
  assert.equal(await view.t(), budget, 'the race stands where it stood');

  await view.page.reload();
  await view.ready('attack');
  await told('the file has to be opened again', /open its file again/);
});
