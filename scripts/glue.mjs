// What wasm-bindgen's glue and module can do without.

// wasm-bindgen names what a module takes from JavaScript `__wbg_name_0123456789abcdef`, once in the module and once in
// the glue. Hashes do not compress: short names make the page 5 KB lighter. Nobody else sees these names.
const LONG = /__wbg_\w+?_[0-9a-f]{16}\b/g;

/** Reads an unsigned LEB128 number: [value, next position]. */
function readNumber(bytes, at) {
  let value = 0, shift = 0, byte;
  do {
    byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    shift += 7;
  } while (byte & 128);
  return [value, at];
}

function number(value) {
  const bytes = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 128 : low);
  } while (value > 0);
  return Buffer.from(bytes);
}

const IMPORTS = 2;
const EXPORTS = 7;
const FUNCTION = 0;

/** The import section with its functions' names replaced. */
function renameImports(section, short) {
  let [count, at] = readNumber(section, 0);
  const out = [number(count)];
  const text = () => {
    const [length, start] = readNumber(section, at);
    at = start + length;
    return section.subarray(start, at).toString();
  };
  const put = (value) => out.push(number(Buffer.byteLength(value)), Buffer.from(value));
  for (; count > 0; count -= 1) {
    put(text());
    const name = text();
    put(short.get(name) ?? name);
    const start = at;
    const kind = section[at++];
    if (kind === FUNCTION) [, at] = readNumber(section, at);
    else {
      // Tables and globals begin with a type; tables and memories have limits.
      if (kind !== 2) at += 1;
      if (kind === 3) at += 1;
      else {
        const flags = section[at++];
        [, at] = readNumber(section, at);
        if (flags & 1) [, at] = readNumber(section, at);
      }
    }
    out.push(section.subarray(start, at));
  }
  return Buffer.concat(out);
}

/** The module with the bodies of the sections `id` changed. */
function mapSections(wasm, id, change) {
  const out = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length;) {
    const found = wasm[at];
    const [length, start] = readNumber(wasm, at + 1);
    at = start + length;
    const body = wasm.subarray(start, at);
    const changed = found === id ? change(body) : body;
    out.push(Buffer.from([found]), number(changed.length), changed);
  }
  return Buffer.concat(out);
}

/** The export section without the names that match. */
function withoutExports(section, unwanted) {
  let [count, at] = readNumber(section, 0);
  const out = [];
  for (; count > 0; count -= 1) {
    const first = at;
    const [length, start] = readNumber(section, at);
    const name = section.subarray(start, start + length).toString();
    [, at] = readNumber(section, start + length + 1);
    if (!unwanted.test(name)) out.push(section.subarray(first, at));
  }
  return Buffer.concat([number(out.length), ...out]);
}

/**
 * Glue and module without Leptos's byte streams for servers, which nothing here makes and no linker can drop, because
 * they are exports: 5 KB. The classes leave the glue, their exports the module, and wasm-opt what only they reached.
 */
export function withoutStreams(js, wasm) {
  const glue = js
    .replace(/^export class (IntoUnderlying\w+) \{[\s\S]*?^\}\n/gm, '')
    .replace(/^if \(Symbol\.dispose\) IntoUnderlying.*\n/gm, '')
    .replace(/^const IntoUnderlying\w+Finalization = [\s\S]*?;\n/gm, '');
  return [glue, mapSections(wasm, EXPORTS, (section) => withoutExports(section, /intounderlying/))];
}

/** Glue and module of wasm-bindgen, with short names between them. */
export function shortNames(js, wasm) {
  const short = new Map();
  const glue = js.replace(LONG, (name) => {
    if (!short.has(name)) short.set(name, `_${short.size.toString(36)}`);
    return short.get(name);
  });
  return { js: glue, wasm: mapSections(wasm, IMPORTS, (section) => renameImports(section, short)) };
}
