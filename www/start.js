// Starts the page's module, and tells the service worker what was fetched. Trunk writes the names of its files into the attributes of this script's tag; a file of
// its own, rather than a script in the page, keeps the content security policy free of exceptions.
const { js, wasm } = document.querySelector('script[data-wasm]').dataset;

try {
  const page = await import(new URL(js, document.baseURI));
  await page.default({ module_or_path: new URL(wasm, document.baseURI) });
} catch (error) {
  console.error(error);
  // The sentence is in index.html, so that all of the page's own words before the start stand in one place.
  document.getElementById('boot-failed')?.removeAttribute('hidden');
}

// The service worker arrives after the first files did, and it never sees what the engine fetched before that. So it
// is told what was fetched, here and in the engine's worker, and keeps that too; the page registers it.
const tell = async (urls) => (await navigator.serviceWorker?.ready)?.active?.postMessage({ kind: 'fetched', urls });
new PerformanceObserver((list) => tell(list.getEntries().map(({ name }) => name))).observe({ type: 'resource', buffered: true });
new BroadcastChannel('fwlab-fetched').addEventListener('message', ({ data }) => tell(data));
