// What the tests of accessibility rules share, in a browser with and without a WebGPU adapter.

import { AxeBuilder } from '@axe-core/playwright';

/** A small state of each page. */
export const STATES = {
  geometry: {}, theory: {}, methods: {}, train: { net: 'tiny', every: '5' }, attack: { N: '200', images: '8' },
};

/** Serious and critical violations as sentences. */
export async function violations(view) {
  const { violations: all } = await new AxeBuilder({ page: view.page }).analyze();
  return all
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => (
      `${id} (${help}) at ${target.join(' ')}: ${failureSummary.split('\n').slice(1).join(' ').trim()}`
    )));
}

/** Brings the page to the state a user would look at. */
export async function alive(view, name) {
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
