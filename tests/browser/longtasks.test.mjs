// The page stays free while the engine trains: no task over 50 ms, and at most 60 messages a second.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { link, useLab } from './lab.mjs';

const lab = useLab();
const SECONDS = 8;

const CASES = {
  'the small network': {},
  'the tiny network, as many steps a second as there can be': { net: 'tiny', b: '8' },
  'two runs in lock-step': { net: 'tiny', compare: '1', every: '10' },
};

for (const [what, state] of Object.entries(CASES)) {
  test(`no task over 50 ms while training: ${what}`, { timeout: 120_000 }, async (t) => {
    const view = await lab.open(link('train', state));
    await view.play();
    // From the first figures of this run on: what comes before is loading, not training.
    const begin = await view.untilStep(3, 60_000);
    const [from, said] = [await view.now(), (await view.seen()).messages];
    await sleep(SECONDS * 1000);
    const [to, seen, steps] = [await view.now(), await view.seen(), (await view.t()) - begin];

    assert.ok(steps > 0, 'it trained meanwhile');
    const rate = (seen.messages - said) / ((to - from) / 1000);
    const tasks = seen.longTasks.filter((task) => task.start >= from && task.start <= to);
    const frames = seen.slowFrames.filter((frame) => frame.start + frame.ms >= from && frame.ms > 50);
    t.diagnostic(`${steps} steps, ${rate.toFixed(1)} messages/s, ${tasks.length} long tasks in ${SECONDS} s`);
    assert.ok(rate <= 60, `${rate.toFixed(1)} messages a second`);
    assert.deepEqual(tasks, [], `busy scripts: ${JSON.stringify(frames)}`);
  });
}
