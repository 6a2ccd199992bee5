// What a page must not do, watched from before its first line runs: tasks over 50 ms, violations of
// its own content security policy, errors in the console, failed requests, requests to other hosts.
// It also counts what the workers say and keeps what the status line said.

/** Installed before any script of the page: fills `window.__watch`. Runs in the page. */
function observe() {
  if (window.__watch) return;
  const watch = { longTasks: [], slowFrames: [], violations: [], statuses: [], workers: 0, messages: 0 };
  Object.defineProperty(window, '__watch', { value: watch });

  window.addEventListener('securitypolicyviolation', (event) => {
    watch.violations.push(
      `${event.effectiveDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber}) ${event.sample}`,
    );
  }, true);

  const on = (type, read) => {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return;
    new PerformanceObserver((list) => list.getEntries().forEach(read)).observe({ type, buffered: true });
  };
  on('longtask', (entry) => {
    // The API reports from 50 ms on; the promise is "over 50 ms".
    if (entry.duration > 50) watch.longTasks.push({ start: entry.startTime, ms: entry.duration });
  });
  // Says which script was busy; only read when a long task was found.
  on('long-animation-frame', (entry) => {
    watch.slowFrames.push({
      start: entry.startTime,
      ms: Math.round(entry.duration),
      scripts: entry.scripts.map((script) => `${script.invoker} ${Math.round(script.duration)} ms`),
    });
  });

  // How many workers were started, and how often they speak.
  window.Worker = class extends window.Worker {
    constructor(...args) {
      super(...args);
      watch.workers += 1;
      this.addEventListener('message', () => { watch.messages += 1; });
    }
  };

  // Status lines come and go faster than a test polls: keep every text they ever showed.
  let last = '';
  const note = () => {
    const text = [...document.querySelectorAll('[data-status]')]
      .map((line) => line.textContent.trim()).filter(Boolean).join(' | ');
    if (text && text !== last) watch.statuses.push({ at: performance.now(), text });
    last = text;
  };
  const start = () => {
    note();
    new MutationObserver(note).observe(document.documentElement, {
      subtree: true, childList: true, characterData: true,
    });
  };
  if (document.documentElement) start();
  else document.addEventListener('readystatechange', start, { once: true });
}

/** Collects the troubles of one browser context; `trouble` lists them as sentences. */
export class Watch {
  trouble = [];
  requests = [];

  /**
   * @param {import('playwright-core').BrowserContext} context
   * @param {string} origin the only origin that may be asked for anything
   */
  constructor(context, origin) {
    this.origin = origin;
    context.on('request', (request) => this.#request(request));
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'unknown reason';
      // A request given up because the page moved on is no fault.
      if (!reason.includes('ERR_ABORTED')) this.trouble.push(`request failed: ${request.url()} (${reason})`);
    });
    context.on('response', (response) => {
      if (response.status() >= 400) this.trouble.push(`status ${response.status()}: ${response.url()}`);
    });
    context.on('console', (message) => {
      if (message.type() === 'error') {
        this.trouble.push(`console error: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => this.trouble.push(`uncaught: ${error.error()?.message ?? error.error()}`));
  }

  /** Makes pages of the context fill `window.__watch`. */
  static install(context) {
    return context.addInitScript(observe);
  }

  #request(request) {
    const url = new URL(request.url());
    this.requests.push({ url: request.url(), at: Date.now() });
    const local = ['data:', 'blob:', 'about:'].includes(url.protocol) || url.origin === this.origin;
    if (!local) this.trouble.push(`third-party request: ${request.url()}`);
  }
}
