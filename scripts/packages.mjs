// Prints, each after a space, the node packages of the asked groups that are missing or of another version.
//   node scripts/packages.mjs [dev] [optional]      `dependencies` are always looked at
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const manifest = read(join(root, 'package.json'));
const groups = { dev: 'devDependencies', optional: 'optionalDependencies' };
const wanted = { ...manifest.dependencies };
for (const group of process.argv.slice(2)) Object.assign(wanted, manifest[groups[group]]);

for (const [name, version] of Object.entries(wanted)) {
  let found = null;
  try {
    found = read(join(root, 'node_modules', name, 'package.json')).version;
  } catch {
    // Not installed.
  }
  if (found !== version) process.stdout.write(` ${name}@${version}`);
}
