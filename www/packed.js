// The modules that the page consists of. Those that a visitor needs to open the first page come in one file, a pack
// (scripts/pack.mjs), because together they compress a fifth better than apart and cost one request. What is not in
// the pack is fetched by itself.
import { reader } from './streams.js';

/** The folder of this version of the page. */
export const folder = new URL(document.querySelector('script[data-app]').dataset.app, document.baseURI);

const packed = new Map();

/** Fetches a pack; if it does not arrive (no network, and never fetched before), everything comes by itself. */
export async function fetchPack(name) {
  try {
    const pack = await WebAssembly.compileStreaming(fetch(new URL(name, folder)));
    const stream = (name) => new Uint8Array(WebAssembly.Module.customSections(pack, name)[0]);
    const next = reader(stream);
    const list = JSON.parse(new TextDecoder().decode(stream('modules')));
    for (const [name, length] of list) packed.set(name, length ? next(length) : stream(name));
  } catch (error) {
    packed.clear();
    console.warn(`${name}:`, error);
  }
}

/** A module's bytes or its address, as the glue takes it. */
export const source = (name) => packed.get(name) ?? new URL(name, folder);

/** Begins to fetch a module; the result makes an instance of it. */
export function open(name) {
  const bytes = packed.get(name);
  if (bytes) return async (imports) => WebAssembly.instantiate(bytes, imports);
  const fetched = fetch(new URL(name, folder));
  // A failure is looked at when the instance is made.
  fetched.catch(() => {});
  return async (imports) => WebAssembly.instantiateStreaming(fetched, imports);
}
