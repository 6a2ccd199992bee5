// The modules that the page consists of. Those that a visitor needs to open the first page come in one file, because
// together they compress a tenth better than apart and cost one request: a pack is a module with nothing in it but
// custom sections, and each section is a module. What is not in the pack is fetched by itself.

/** The folder of this version of the page. */
export const folder = new URL(document.querySelector('script[data-app]').dataset.app, document.baseURI);

let pack;

/** Fetches a pack; if it does not arrive (no network, and never fetched before), everything comes by itself. */
export async function fetchPack(name) {
  pack = await WebAssembly.compileStreaming(fetch(new URL(name, folder))).catch(() => undefined);
}

const packed = (name) => pack && WebAssembly.Module.customSections(pack, name)[0];

/** A module's bytes or its address, as the glue takes it. */
export const source = (name) => packed(name) ?? new URL(name, folder);

/** Begins to fetch a module; the result makes an instance of it. */
export function open(name) {
  const bytes = packed(name);
  if (bytes) return async (imports) => WebAssembly.instantiate(bytes, imports);
  const fetched = fetch(new URL(name, folder));
  // A failure is looked at when the instance is made.
  fetched.catch(() => {});
  return async (imports) => WebAssembly.instantiateStreaming(fetched, imports);
}
