// A WebAssembly module that is given less memory than it may ask for: the only thing changed is the limit that its
// memory section states, so what happens beyond it is what happens when a browser has no more to give.

const MEMORY = 5; // id of the memory section
const PAGE = 65536;

/** Reads an unsigned LEB128 number; returns it and where the next byte is. */
function read(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at];
    at += 1;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

function write(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/**
 * The module with its memory limited to `most` bytes.
 * @throws {Error} if it has no memory of its own, or begins with more
 */
export function limited(module, most) {
  for (let at = 8; at < module.length;) {
    const id = module[at];
    const [length, body] = read(module, at + 1);
    const end = body + length;
    if (id === MEMORY) {
      // One memory: a count, flags (bit 0: a limit follows), the pages it begins with.
      const [first] = read(module, body + 2);
      if (first * PAGE > most) throw new Error(`the module begins with ${first * PAGE} bytes`);
      const section = Buffer.concat([Buffer.from([1, 1]), write(first), write(Math.floor(most / PAGE))]);
      return Buffer.concat([module.subarray(0, at), Buffer.from([MEMORY]), write(section.length), section, module.subarray(end)]);
    }
    at = end;
  }
  throw new Error('the module has no memory section');
}
