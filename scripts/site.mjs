// Puts the site together: node scripts/site.mjs [--quick]
//   1. the page with its parts and texts, in a folder that has their hash in its name
//   2. one style sheet for the shell, because each one costs a request before the first paint, and one for each page
//   3. what needs no building (www/: index.html, worker, icon, data, models) and the finished engines
//   4. beside each text or module its brotli form, for servers that send those
//   5. in sw.js what there is, with hashes
// dist/ is replaced at the end, so what lies there is always one consistent version.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, WEB, brotli, fail, files, minified, sha256, write } from './web.mjs';

const quick = process.argv.includes('--quick');
const dist = join(ROOT, 'dist');
const stage = join(ROOT, 'dist.new');
rmSync(stage, { recursive: true, force: true });
const read = (...path) => readFileSync(join(...path));
const text = (...path) => readFileSync(join(...path), 'utf8');

// 1
if (!existsSync(join(WEB, 'page/entry.json'))) fail('the page is not built', 'bash scripts/build.sh');
const page = JSON.parse(text(WEB, 'page/entry.json'));
const app = `app-${page.hash}`;
for (const name of files(join(WEB, 'page/app'))) write(join(stage, app, name), read(WEB, 'page/app', name));

// 2
const www = join(ROOT, 'www');
const SHARED = ['tokens', 'shell', 'controls', 'app'];
const sheets = {};
const sheet = (name, text) => {
  const css = minified(text, 'css');
  sheets[name] = `${name}-${sha256(css).slice(0, 12)}.css`;
  write(join(stage, sheets[name]), css);
};
sheet('styles', SHARED.map((name) => text(www, 'styles', `${name}.css`)).join('\n'));
for (const name of files(join(www, 'styles')).map((file) => file.replace(/\.css$/, ''))) {
  if (!SHARED.includes(name)) sheet(name, text(www, 'styles', `${name}.css`));
}

// 3
for (const name of files(www).filter((name) => !name.startsWith('styles/'))) {
  // In the service worker the list of files is still to be written in.
  const script = name.endsWith('.js') && name !== 'sw.js';
  write(join(stage, name), script ? minified(text(www, name), 'js') : read(www, name));
}
const engines = { cpu: null, gpu: null };
for (const kind of Object.keys(engines)) {
  const folder = join(WEB, 'engine', kind);
  if (!existsSync(join(folder, 'entry.json'))) continue;
  const { js, wasm, bytes, brotli } = JSON.parse(text(folder, 'entry.json'));
  engines[kind] = { js, wasm, bytes, brotli };
  for (const name of files(folder)) if (name !== 'entry.json') write(join(stage, 'engine', name), read(folder, name));
}
const html = text(www, 'index.html');
// The engine that every page begins with, so that its module is fetched beside the page's own.
const engine = engines.cpu ? `engine/${engines.cpu.wasm}` : '';
const { styles, ...pages } = sheets;
const attribute = (value) => JSON.stringify(value).replaceAll('"', '&quot;');
const filledIn = { app: `./${app}/`, styles: `./${styles}`, sheets: attribute(pages), engine };
write(join(stage, 'index.html'), html.replace(/\{(app|styles|sheets|engine)\}/g, (_, key) => filledIn[key]));
const release = text(ROOT, 'Cargo.toml').match(/^version *= *"(.+)"/m)?.[1] ?? '0.0.0';
const built = sha256(...files(stage).filter((name) => name !== 'sw.js').map((name) => `${name}:${sha256(read(stage, name))}\n`)).slice(0, 8);
const version = `${release}+${built}`;
write(join(stage, 'engine/manifest.json'), JSON.stringify({ ...engines, version }, null, 2));

// 4
const COMPRESSIBLE = /\.(wasm|js|css|html|json|svg|webmanifest)$/;
for (const name of files(stage)) {
  if (!COMPRESSIBLE.test(name) || name === 'sw.js') continue;
  // The server sends what it has; compressing a module that was not optimised takes longer than sending it.
  if (quick && name.startsWith(app) && name.endsWith('.wasm')) continue;
  write(join(stage, `${name}.br`), brotli(read(stage, name)));
}

// 5
const listed = files(stage).filter((name) => !name.endsWith('.br') && !name.endsWith('.md') && name !== 'sw.js');
const hashes = Object.fromEntries(listed.map((name) => [name, sha256(read(stage, name)).slice(0, 16)]));
// The shell is what the pages need; engines, data and models are kept when they are first used.
// A pack holds what is there by itself as well.
const shell = listed.filter((name) => !/^(engine\/.*\.(js|wasm)$|data\/|models\/)|\.pack\.wasm$/.test(name));
const worker = text(stage, 'sw.js');
const filled = worker.replace(/\/\*site\*\/[\s\S]*?\/\*end\*\//, () => `/*site*/${JSON.stringify({ version, shell, hashes })}/*end*/`);
if (filled === worker) fail('www/sw.js has no /*site*/…/*end*/ to fill', 'git checkout www/sw.js');
write(join(stage, 'sw.js'), filled);

rmSync(dist, { recursive: true, force: true });
renameSync(stage, dist);
