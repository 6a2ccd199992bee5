// A small static server for dist/: right types, no stale copies, brotli where it lies beside a file.
//   node scripts/serve.mjs [--dir dist] [--port 8080] [--host 127.0.0.1] [--prefix /some/path/]
// Tests import `serve` and take port 0 (any free one).
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8', '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.webp': 'image/webp', '.jpg': 'image/jpeg', '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8', '.md': 'text/plain; charset=utf-8',
};

/**
 * Serves a folder until `close()` is called.
 * @param {{dir?: string, port?: number, host?: string, prefix?: string, headers?: Record<string, string>}} options
 *   prefix: the path under which the site lies; everything else is not found. headers: added to each answer.
 * @returns {Promise<{url: string, port: number, close: () => Promise<void>}>}
 */
export function serve({ dir = 'dist', port = 0, host = '127.0.0.1', prefix = '/', headers = {} } = {}) {
  const root = resolve(dir);
  const base = `/${prefix.split('/').filter(Boolean).join('/')}/`.replace('//', '/');

  const server = createServer((request, response) => {
    const answer = (status, extra = {}, body = '') => {
      response.writeHead(status, { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', ...headers, ...extra });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { Allow: 'GET, HEAD' });

    const raw = request.url.split('?')[0];
    let path;
    try {
      path = decodeURIComponent(raw);
    } catch {
      return answer(400);
    }
    if (`${path}/` === base) return answer(308, { Location: base });
    if (!path.startsWith(base)) return answer(404, { 'Content-Type': 'text/plain' }, 'not found\n');

    let file = normalize(join(root, path.slice(base.length)));
    if (file !== root && !file.startsWith(root + sep)) return answer(403);
    if (path.endsWith('/')) file = join(file, 'index.html');
    let stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return answer(404, { 'Content-Type': 'text/plain' }, 'not found\n');

    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    const extra = { 'Content-Type': type, Vary: 'Accept-Encoding' };
    if (/\bbr\b/.test(request.headers['accept-encoding'] ?? '') && existsSync(`${file}.br`)) {
      file += '.br';
      stat = statSync(file);
      extra['Content-Encoding'] = 'br';
    }
    extra.ETag = `"${stat.size.toString(36)}-${stat.mtimeMs.toString(36)}${extra['Content-Encoding'] ?? ''}"`;
    if (request.headers['if-none-match'] === extra.ETag) return answer(304, extra);
    extra['Content-Length'] = stat.size;
    if (request.method === 'HEAD') return answer(200, extra);
    response.writeHead(200, { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', ...headers, ...extra });
    createReadStream(file).on('error', () => response.destroy()).pipe(response);
  });

  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, () => {
      const { port: bound } = server.address();
      const name = host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : host;
      done({
        url: `http://${name}:${bound}${base}`,
        port: bound,
        close: () => new Promise((closed) => { server.close(() => closed()); server.closeAllConnections(); }),
      });
    });
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string', default: 'dist' }, port: { type: 'string', default: '8080' },
      host: { type: 'string', default: '127.0.0.1' }, prefix: { type: 'string', default: '/' },
    },
  });
  const port = Number(values.port);
  const stop = (wrong, remedy) => { console.error(`\nerror: ${wrong}\n  fix: ${remedy}`); process.exit(1); };
  if (!Number.isInteger(port) || port < 0 || port > 65535) stop(`'${values.port}' is not a port`, 'make serve PORT=8080');
  if (!existsSync(join(values.dir, 'index.html'))) stop(`${values.dir} holds no built site`, 'make build');
  try {
    const { url } = await serve({ dir: values.dir, port, host: values.host, prefix: values.prefix });
    console.log(`\nFrank–Wolfe Lab is at ${url}\nPress Ctrl+C to stop.`);
  } catch (error) {
    if (error.code === 'EADDRINUSE') stop(`port ${port} is in use`, `make serve PORT=${port + 1}`);
    if (error.code === 'EACCES') stop(`port ${port} may not be opened`, 'make serve PORT=8080');
    stop(`the server did not start: ${error.message}`, 'make serve PORT=8081 HOST=127.0.0.1');
  }
}
