// A slow link in front of a server: every byte of every connection passes through one shared pipe of
// a given rate and delay. Outside the browser, so that workers and service workers are slowed as well
// (the browser's own network emulation leaves workers out).
//
// The model: rate and delay each way; a new connection costs one round trip before its first byte, as
// the handshake of TCP does. Not modelled: TLS, slow start, loss.

import net from 'node:net';
import { performance } from 'node:perf_hooks';

/** Bytes that travel as one piece: small enough for connections to share the pipe fairly. */
const PIECE = 4096;
/** Bytes one connection may have on their way; above rate × round trip, so that it never limits. */
const WINDOW = 16 * PIECE;

/** One direction of the link, shared by all connections. */
class Pipe {
  #free = 0;
  bytes = 0;

  constructor(bitsPerSecond, delay) {
    this.msPerByte = 8000 / bitsPerSecond;
    this.delay = delay;
  }

  /** Calls `arrived` when `size` bytes, sent now, have reached the other end. */
  send(size, arrived) {
    this.#free = Math.max(this.#free, performance.now()) + size * this.msPerByte;
    this.bytes += size;
    setTimeout(arrived, this.#free + this.delay - performance.now());
  }
}

/** Copies `from` to `to` through `pipe`, the first byte not before `opened` ms. */
function connect(from, to, pipe, opened) {
  let onTheWay = 0;
  let ended = false;
  const finish = () => {
    if (ended && onTheWay === 0 && !to.destroyed) to.end();
  };
  const pass = (chunk) => {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE);
      onTheWay += piece.length;
      pipe.send(piece.length, () => {
        onTheWay -= piece.length;
        if (!to.destroyed) to.write(piece);
        if (onTheWay < WINDOW) from.resume();
        finish();
      });
    }
    if (onTheWay >= WINDOW) from.pause();
  };
  from.pause();
  setTimeout(() => from.resume(), Math.max(0, opened - performance.now()));
  from.on('data', pass);
  from.on('end', () => {
    ended = true;
    finish();
  });
  from.on('error', () => to.destroy());
  from.on('close', () => {
    ended = true;
    finish();
  });
}

/**
 * Puts a slow link in front of the server at `target`.
 * @param {string} target an http://127.0.0.1:port/… address
 * @param {{ megabits?: number, roundTrip?: number }} options Mbit/s each way; round trip in ms
 * @returns {Promise<{ url: string, bytes: () => number, stop: () => Promise<void> }>} url: the same
 *   path through the link; bytes: sent towards the browser so far
 */
export async function throttle(target, { megabits = 10, roundTrip = 20 } = {}) {
  const { port, pathname } = new URL(target);
  const up = new Pipe(megabits * 1e6, roundTrip / 2);
  const down = new Pipe(megabits * 1e6, roundTrip / 2);
  const open = new Set();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = net.connect({ port: Number(port), host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const opened = performance.now() + roundTrip;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    connect(client, upstream, up, opened);
    connect(upstream, client, down, opened);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}${pathname}`,
    bytes: () => down.bytes,
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
