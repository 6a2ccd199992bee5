// The service worker: the page opens again without a network, and nothing that has not changed is fetched twice.
//
//   - What a build contains, with hashes, is written in below by scripts/site.mjs.
//   - Files with a hash in their name or their folder's, data and models: from the cache first. They are kept under name and hash, so
//     a new version goes on using what is the same, and never gets an old file under a new name.
//     What was fetched before this worker was there is reported by start.js, and kept as well.
//   - All others (index.html, engine.js, manifests): from the network first, from the cache where there is none or
//     it is slow. So a reload always shows the newest version, and none is ever forced.
'use strict';

const SITE = /*site*/{ "version": "unbuilt", "shell": [], "hashes": {} }/*end*/;
const CACHE = 'fwlab-files';
const SLOW_MS = 3000;

const scope = new URL(self.registration.scope);
const keyOf = (name) => new URL(`${name}?sha=${SITE.hashes[name]}`, scope).href;
const hasHash = (name) => /[.-][0-9a-f]{8,}(\/|(_bg)?\.[a-z]+$)/.test(name);
const isFixed = (name) => name in SITE.hashes && (hasHash(name) || /^(data|models)\//.test(name));

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await Promise.all(SITE.shell.map(async (name) => {
      if (await cache.match(keyOf(name))) return;
      // Some hosts redirect index.html to the folder, and a redirected answer may not open a page later.
      const address = name === 'index.html' ? './' : name;
      const response = await fetch(new URL(address, scope), { cache: 'no-cache' });
      if (!response.ok) throw new Error(`${name}: status ${response.status}`);
      await cache.put(keyOf(name), response);
    }));
    // Safe, because files that can change are asked for on the network first anyway; open pages are left alone.
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const keep = new Set(Object.keys(SITE.hashes).map(keyOf));
    const cache = await caches.open(CACHE);
    for (const request of await cache.keys()) if (!keep.has(request.url)) await cache.delete(request);
    await self.clients.claim();
  })());
});

/** Keeps an answer; a full disk or a private window must not spoil it. */
async function keep(name, response) {
  if (!response.ok || !(name in SITE.hashes)) return;
  try {
    await (await caches.open(CACHE)).put(keyOf(name), response);
  } catch (error) {
    console.warn(`${name} is not kept:`, error);
  }
}

async function stored(name) {
  if (!(name in SITE.hashes)) return undefined;
  return (await caches.open(CACHE)).match(keyOf(name));
}

async function cacheFirst(event, name) {
  const hit = await stored(name);
  if (hit) return hit;
  const response = await fetch(event.request);
  event.waitUntil(keep(name, response.clone()));
  return response;
}

async function networkFirst(event, name) {
  const fetched = fetch(event.request);
  const slow = new Promise((resolve) => { setTimeout(resolve, SLOW_MS); });
  try {
    const response = await Promise.race([fetched, slow]);
    if (response) return response;
  } catch {
    // No network: the kept file, if there is one, else the same error again below.
  }
  const hit = await stored(name);
  if (!hit) return fetched;
  fetched.catch(() => {});
  return hit;
}

/** The name of one of our own files within the site, or null. */
function nameOf(address) {
  const url = new URL(address);
  if (url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return null;
  try {
    return decodeURIComponent(url.pathname.slice(scope.pathname.length)) || 'index.html';
  } catch {
    return null;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || request.headers.has('range')) return;
  const name = nameOf(request.url);
  if (name !== null) event.respondWith(isFixed(name) ? cacheFirst(event, name) : networkFirst(event, name));
});

// From start.js: what the page and the engine fetched. Comes from the browser's own cache where the host allows it.
self.addEventListener('message', (event) => {
  if (event.data?.kind !== 'fetched') return;
  event.waitUntil((async () => {
    for (const address of event.data.urls) {
      const name = nameOf(address);
      if (name === null || !isFixed(name) || (await stored(name))) continue;
      try {
        await keep(name, await fetch(address));
      } catch {
        // No network any more; the next visit gets it.
      }
    }
  })());
});
