// The modules that the page consists of. Those that a visitor needs to open the first page come in one file, a pack
// (scripts/pack.mjs), because together they compress a fifth better than apart and cost one request. What is not in
// the pack is fetched by itself.
import { reader } from './streams.js';

/** The folder of this version of the page. */
export const folder = new URL(document.querySelector('script[data-app]').dataset.app, document.baseURI);

const packed = new Map();
let arriving = Promise.resolve();

/** Fetches a pack; if it does not arrive (no network, and never fetched before), everything comes by itself. */
export function fetchPack(name) {
  const pack = unpack(name);
  arriving = Promise.all([arriving, pack]);
  return pack;
}

async function unpack(name) {
  try {
    const pack = await WebAssembly.compileStreaming(fetch(new URL(name, folder)));
    const stream = (name) => new Uint8Array(WebAssembly.Module.customSections(pack, name)[0]);
    const next = reader(stream);
    const list = JSON.parse(new TextDecoder().decode(stream('modules')));
    for (const [name, length] of list) packed.set(name, length ? next(length) : stream(name));
  } catch (error) {
    console.warn(`${name}:`, error);
  }
}

/** A module's bytes or its address, as the glue takes it. */
export const source = (name) => packed.get(name) ?? new URL(name, folder);

/** Takes a module from a pack that is here or on its way, else fetches it; the result makes an instance of it. */
export function open(name) {
  const found = packed.has(name) ? null : arriving.then(() => (packed.has(name) ? null : fetch(new URL(name, folder))));
  // A failure is looked at when the instance is made.
  found?.catch(() => {});
  return async (imports) => {
    const fetched = await found;
    return fetched ? WebAssembly.instantiateStreaming(fetched, imports) : WebAssembly.instantiate(packed.get(name), imports);
  };
}
