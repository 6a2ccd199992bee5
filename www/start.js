// Starts the page's module, and tells the service worker what was fetched. A file of its own, rather than a script in
// the page, keeps the content security policy free of exceptions. Its tag names the folder of this version of the
// page (data-app), each page's style sheet (data-sheets) and the module of the first engine (data-engine), as
// scripts/site.mjs has written them.
import { fetchPack, folder, source } from './packed.js';

const { sheets, engine } = document.querySelector('script[data-app]').dataset;

// What the address asks for is fetched at once, not when the module has arrived and asks for it in turn.
const { hash } = location;
const asked = /[?&]lang=(en|ja)\b/.exec(hash)?.[1];
const language = asked ?? (navigator.language.startsWith('ja') ? 'ja' : 'en');
const pages = JSON.parse(sheets);
const page = /^#\/(\w+)/.exec(hash)?.[1];
const first = page in pages ? page : 'geometry';
const pack = fetchPack(`${first}.pack.wasm`);
const glue = import(new URL('app.js', folder));
const needsEngine = first === 'train' || first === 'attack';
const link = (properties) => document.head.append(Object.assign(document.createElement('link'), properties));
const { [first]: sheet, ...otherSheets } = pages;
link({ rel: 'stylesheet', href: sheet });
for (const file of [`${language}.json`, `${language}.${first}.json`]) {
  link({ rel: 'preload', as: 'fetch', crossOrigin: 'anonymous', href: new URL(file, folder) });
}
if (needsEngine) fetchPack('engines.pack.wasm');
// Into the browser's cache, where the engine's worker finds it or waits for the rest of it.
if (needsEngine && engine) fetch(engine, { priority: 'low' }).catch(() => {});

try {
  await pack;
  await (await glue).default({ module_or_path: source('app_bg.wasm') });
} catch (error) {
  console.error(error);
  // The sentence is in index.html, so that all of the page's own words before the start stand in one place.
  document.getElementById('boot-failed')?.removeAttribute('hidden');
}

// After the first figure, so that nothing competes with it.
new PerformanceObserver((_, observer) => {
  observer.disconnect();
  for (const href of Object.values(otherSheets)) link({ rel: 'stylesheet', href });
  navigator.serviceWorker?.register('sw.js').catch(() => {});
}).observe({ type: 'mark', buffered: true });

// The service worker arrives after the first files did, and it never sees what the engine fetched before that. So it
// is told what was fetched, here and in the engine's worker, and keeps that too.
const tell = async (urls) => (await navigator.serviceWorker?.ready)?.active?.postMessage({ kind: 'fetched', urls });
new PerformanceObserver((list) => tell(list.getEntries().map(({ name }) => name))).observe({ type: 'resource', buffered: true });
new BroadcastChannel('fwlab-fetched').addEventListener('message', ({ data }) => tell(data));
