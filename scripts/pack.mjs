// A pack: all modules that a page needs, as streams of alike (www/streams.js), each stream a custom section of a module
// with nothing else in it. Servers and browsers treat it as what it is called, a WebAssembly module.
import { END, HEAD, reader, walk } from '../www/streams.js';

const leb = (value) => (value < 128 ? [value] : [(value % 128) | 128, ...leb(Math.floor(value / 128))]);

/** A custom section. */
function section(name, bytes) {
  const head = [...leb(name.length), ...Buffer.from(name)];
  return Buffer.concat([Buffer.from([0, ...leb(head.length + bytes.length), ...head]), bytes]);
}

/** A module as streams (arrays of bytes by name). Throws where it is not as the walk expects. */
function split(module) {
  const streams = {};
  let at = HEAD.length;
  const into = (name) => (streams[name] ??= []);
  const next = () => {
    if (at >= module.length) throw new Error('the module ends within something');
    return module[at++];
  };
  const number = (keep) => {
    let [value, shift] = [0, 0];
    for (;;) {
      const digit = next();
      keep(digit);
      value |= (digit & 127) << shift;
      shift += 7;
      if (digit < 128) return value;
    }
  };
  walk({
    byte: (name) => {
      const found = next();
      into(name).push(found);
      return found;
    },
    leb: (name) => number((digit) => into(name).push(digit)),
    bytes: (name, count) => { for (let left = count; left > 0; left--) into(name).push(next()); },
    sized: (inner) => {
      const size = number(() => {});
      const end = at + size;
      inner();
      if (at !== end) throw new Error(`something of ${size} bytes ends ${at - end} bytes late`);
    },
    section: () => {
      const found = at < module.length ? module[at++] : END;
      into('section').push(found);
      return found;
    },
  });
  return streams;
}

/** The streams of a module, if the page will make it again from them, byte for byte. */
function proven(module) {
  try {
    const streams = split(module);
    const again = reader((name) => Uint8Array.from(streams[name] ?? []))(module.length);
    return Buffer.from(again).equals(module) ? streams : null;
  } catch {
    return null;
  }
}

/** The pack of `modules`, pairs of name and bytes. A module that would not come back as it is lies in it whole. */
export function pack(modules) {
  const streams = {};
  const whole = [];
  const list = modules.map(([name, bytes]) => {
    const own = proven(bytes);
    if (!own) {
      whole.push([name, bytes]);
      return [name];
    }
    for (const [stream, part] of Object.entries(own)) (streams[stream] ??= []).push(Buffer.from(part));
    return [name, bytes.length];
  });
  const sections = [
    ['modules', Buffer.from(JSON.stringify(list))],
    ...Object.keys(streams).sort().map((name) => [name, Buffer.concat(streams[name])]),
    ...whole,
  ];
  return { bytes: Buffer.concat([Buffer.from(HEAD), ...sections.map(([name, bytes]) => section(name, bytes))]), whole: whole.length };
}
