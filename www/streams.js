// A module as streams of alike: all opcodes together, all calls, all indices of locals, and so on. Brotli sees a pattern
// where alike follows alike, and takes a tenth less. What can be worked out (how long a function is) is left out.
//
// One walk over a module serves both directions: the build copies from a module into streams (scripts/pack.mjs), the
// page from streams into a module. `io` copies and says what it copied:
//   byte(stream), leb(stream), bytes(stream, count)   a byte, a number in LEB128, so many bytes
//   sized(walk)                                       what has its own length before it
//   section()                                         the next section's number, END after the last

/** Stands where no section follows. */
export const END = 255;

const CODE = 10;
const END_OF_BLOCK = 0x0b;
const BR_TABLE = 0x0e;
const SELECT_TYPED = 0x1c;
const MISC = 0xfc;
const VECTOR = 0xfd;

/** The streams of each instruction's immediates, all of them LEB128. */
const IMMEDIATES = {
  0x02: ['block'], 0x03: ['block'], 0x04: ['block'],
  0x0c: ['br'], 0x0d: ['br'], 0x10: ['call'], 0x11: ['indirect', 'indirect'],
  0x20: ['get'], 0x21: ['set'], 0x22: ['tee'], 0x23: ['global'], 0x24: ['global'], 0x25: ['table'], 0x26: ['table'],
  0x3f: ['memory'], 0x40: ['memory'], 0x41: ['i32'], 0x42: ['i64'], 0xd0: ['ref'], 0xd2: ['ref'],
};
// How a load or store is aligned follows from what it loads, nearly always.
for (let op = 0x28; op <= 0x3e; op++) IMMEDIATES[op] = [`align${op}`, 'offset'];

/** Immediates of fixed size, in bytes. */
const FIXED = { 0x43: 4, 0x44: 8 };

function instructions(io) {
  let depth = 0;
  for (;;) {
    const op = io.byte('op');
    if (op >= 0x02 && op <= 0x04) depth++;
    if (op === END_OF_BLOCK && depth-- === 0) return;
    const streams = IMMEDIATES[op];
    if (streams) for (const stream of streams) io.leb(stream);
    else if (FIXED[op]) io.bytes(`f${op}`, FIXED[op]);
    else if (op === BR_TABLE) for (let count = io.leb('switch'); count >= 0; count--) io.leb('switch');
    else if (op === SELECT_TYPED) for (let count = io.leb('select'); count > 0; count--) io.leb('select');
    else if (op === MISC) misc(io, io.leb('op'));
    else if (op === VECTOR) vector(io, io.leb('op'));
  }
}

// Conversions have no immediates; of the bulk instructions these have two, the others one.
function misc(io, op) {
  if (op >= 8) io.leb('bulk');
  if (op === 8 || op === 10 || op === 12 || op === 14) io.leb('bulk');
}

function vector(io, op) {
  const lane = op >= 84 && op <= 91;
  if (op <= 11 || lane || op === 92 || op === 93) {
    io.leb('align-v');
    io.leb('offset');
  }
  if (op === 12 || op === 13) io.bytes('v128', 16);
  if (lane || (op >= 21 && op <= 34)) io.byte('lane');
}

function body(io) {
  for (let groups = io.leb('locals'); groups > 0; groups--) {
    io.leb('locals');
    io.byte('locals');
  }
  instructions(io);
}

/** Copies one module, without the eight bytes that all begin with. */
export function walk(io) {
  for (let section = io.section(); section !== END; section = io.section()) {
    if (section === CODE) io.sized(() => { for (let count = io.leb('functions'); count > 0; count--) io.sized(() => body(io)); });
    else io.bytes(`s${section}`, io.leb(`s${section}`));
  }
}

/** The bytes that every module begins with: its magic number and version 1. */
export const HEAD = [0, 97, 115, 109, 1, 0, 0, 0];

/** Makes a module of `length` bytes out of streams; `stream(name)` gives the bytes of one, and each is used up. */
export function reader(stream) {
  const streams = {};
  const of = (name) => (streams[name] ??= { bytes: stream(name), at: 0 });
  return (length) => {
    const out = new Uint8Array(length);
    let end = HEAD.length;
    out.set(HEAD);
    const byte = (name) => {
      const from = of(name);
      return (out[end++] = from.bytes[from.at++]);
    };
    const leb = (name) => {
      const { bytes, at } = of(name);
      let [next, value, shift] = [at, 0, 0];
      do {
        value |= (bytes[next] & 127) << shift;
        shift += 7;
      } while ((out[end++] = bytes[next++]) & 128);
      of(name).at = next;
      return value;
    };
    const bytes = (name, count) => {
      const from = of(name);
      out.set(from.bytes.subarray(from.at, from.at + count), end);
      from.at += count;
      end += count;
    };
    const sized = (inner) => {
      const start = end;
      inner();
      let size = end - start;
      const digits = [];
      do {
        digits.push((size & 127) | (size > 127 ? 128 : 0));
        size >>>= 7;
      } while (size > 0);
      out.copyWithin(start + digits.length, start, end);
      out.set(digits, start);
      end += digits.length;
    };
    const section = () => {
      const from = of('section');
      const number = from.bytes[from.at++];
      if (number !== END) out[end++] = number;
      return number;
    };
    walk({ byte, leb, bytes, sized, section });
    return out;
  };
}
