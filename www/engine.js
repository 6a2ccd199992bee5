// The engine's worker: fetches one WebAssembly engine with progress, starts it, and stands between it and the page.
//
//   new Worker('engine.js?engine=cpu', { type: 'module' })       or engine=gpu; `&faults=1` allows the test messages
//
// From the page
//   ArrayBuffer                          a command for the engine, passed on unread; kept until the engine is there
//   {kind: 'test', what: 'lose-device'}  with faults=1 only: destroys the GPU devices, as a driver reset would
//   {kind: 'test', what: 'crash'}        with faults=1 only: throws where nothing catches
// To the page
//   ArrayBuffer                          an event; sent by the engine itself, not from here
//   {kind: 'progress', loaded, total}    bytes of the module after decompression; at most 20 a second
//   {kind: 'fatal', reason, message}     once: this worker is of no more use, end it and start another. Reasons:
//       'load'           the files did not arrive or do not compile
//       'start'          the engine arrived but could not start
//       'device-lost'    the GPU device is gone
//       'out-of-memory'  the engine stopped when memory was short
//       'crash'          anything else that nothing caught
// From the module
//   engine_start(): Promise              called once after initialisation; a rejection is fatal ('start')
//   engine_receive(bytes: Uint8Array)    a command. May come before engine_start's promise is settled, even before
//                                        its first poll, so the engine keeps its inbox from initialisation on.

const query = new URL(self.location.href).searchParams;
const engine = query.get('engine') === 'gpu' ? 'gpu' : 'cpu';
const faultsAllowed = query.get('faults') === '1';

// ---------------------------------------------------------------- the end

const NEARLY_ALL_MEMORY = 3.5 * 2 ** 30; // bytes, of the 4 GiB that a 32-bit module can address
let memory = null; // the module's WebAssembly.Memory
let dead = false;
let panic = ''; // a Rust panic is written to the console first, and only then traps as a bare "unreachable"

function fatal(reason, error) {
  if (dead) return;
  dead = true;
  const message = panic || error?.message || String(error ?? 'no reason given');
  // A panic says why before it traps. What traps without a word is the allocator, to which no memory was given.
  const unsaid = !panic && error instanceof WebAssembly.RuntimeError && /unreachable/i.test(message);
  const full = unsaid || error instanceof RangeError || /out of memory|memory allocation|memory\.grow/i.test(message)
    || (memory?.buffer.byteLength ?? 0) > NEARLY_ALL_MEMORY;
  self.postMessage({ kind: 'fatal', reason: reason === 'crash' && full ? 'out-of-memory' : reason, message });
}

const log = console.error;
console.error = (...args) => {
  const text = args.find((arg) => typeof arg === 'string' && arg.includes('panicked at'));
  // The first lines say what and where; the JavaScript stack after them helps nobody on the page.
  if (text && !panic) panic = text.split('\n\nStack:')[0].trim();
  log.apply(console, args);
};

self.addEventListener('error', (event) => {
  fatal('crash', event.error ?? event);
  // Said already; without this the page would hear of it a second time, as an error of the worker.
  event.preventDefault();
  log.call(console, event.error ?? event.message);
});
self.addEventListener('unhandledrejection', (event) => fatal('crash', event.reason));

// ---------------------------------------------------------------- the GPU device

const devices = new Set();
let provoked = false;

// The engine gets its device through this call and nowhere else, so every loss is seen here.
if (self.GPUAdapter) {
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function requestDevice(...args) {
    const device = await request.apply(this, args);
    devices.add(device);
    device.lost.then((info) => {
      devices.delete(device);
      // 'destroyed' without a test having asked for it: the engine let go of the device itself.
      if (info.reason === 'destroyed' && !provoked) return;
      fatal('device-lost', { message: info.message || 'The GPU device was lost.' });
    });
    return device;
  };
}

// ---------------------------------------------------------------- messages

let receive = null; // the engine's, once it is there
const waiting = [];

function fault(what) {
  if (what === 'lose-device') {
    provoked = true;
    for (const device of devices) device.destroy();
  } else if (what === 'crash') {
    setTimeout(() => { throw new Error('This crash was asked for by a test.'); });
  }
}

self.addEventListener('message', ({ data }) => {
  if (dead) return;
  if (data instanceof ArrayBuffer) {
    if (receive) receive(new Uint8Array(data));
    else waiting.push(data);
  } else if (faultsAllowed && data?.kind === 'test') {
    fault(data.what);
  }
});

// ---------------------------------------------------------------- loading

// start.js passes on to the service worker what was fetched here, so that it is kept for a start without a network.
const fetched = new BroadcastChannel('fwlab-fetched');
new PerformanceObserver((list) => fetched.postMessage(list.getEntries().map(({ name }) => name)))
  .observe({ type: 'resource', buffered: true });

const PROGRESS_EVERY_MS = 50;

/** Fetches a module; counts its bytes while they pass through to the compiler. */
async function fetchCounted(url, total) {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${url.pathname} could not be fetched (status ${response.status}).`);
  let loaded = 0;
  let last = -Infinity;
  const tell = () => self.postMessage({ kind: 'progress', loaded, total });
  const counter = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      const now = performance.now();
      if (now - last >= PROGRESS_EVERY_MS) {
        last = now;
        tell();
      }
      controller.enqueue(chunk);
    },
    flush: tell,
  });
  return new Response(response.body.pipeThrough(counter), { headers: { 'Content-Type': 'application/wasm' } });
}

async function load() {
  const manifestUrl = new URL('engine/manifest.json', import.meta.url);
  const response = await fetch(manifestUrl, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${manifestUrl.pathname} could not be fetched (status ${response.status}).`);
  const entry = (await response.json())[engine];
  if (!entry) throw new Error(`This site was built without the ${engine} engine.`);
  self.postMessage({ kind: 'progress', loaded: 0, total: entry.bytes });
  const glueUrl = new URL(entry.js, manifestUrl);
  const [glue, module] = await Promise.all([import(glueUrl), fetchCounted(new URL(entry.wasm, manifestUrl), entry.bytes)]);
  // Not every browser lists an imported script among a worker's resources.
  fetched.postMessage([glueUrl.href]);
  const exports = await glue.default({ module_or_path: module });
  memory = exports.memory;
  return glue;
}

async function run() {
  let glue;
  try {
    glue = await load();
  } catch (error) {
    return fatal('load', error);
  }
  const started = glue.engine_start();
  receive = glue.engine_receive;
  for (const data of waiting.splice(0)) receive(new Uint8Array(data));
  try {
    await started;
  } catch (error) {
    fatal('start', error);
  }
}

run();
