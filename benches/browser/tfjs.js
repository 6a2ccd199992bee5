// The other side of `make bench`: one SGD training step of the lab's small network in
// TensorFlow.js, with its low-level operations, so that nothing but the arithmetic is timed.
//
// The network: 3×3 same-padding convolutions 3→16→32→32, each followed by ReLU and 2×2 max
// pooling, then flatten and a linear layer to 10 classes; softmax cross-entropy; batch 64 of
// 32×32×3 images in [0, 1]; plain SGD. Shapes and number of weights are those of the lab's own
// `Benchmark` command.
//
// A script, not a module: TensorFlow.js is loaded as a global by the page above.
'use strict';

(() => {
  const BATCH = 64;
  const SIDE = 32;
  const CLASSES = 10;
  const LEARNING_RATE = 0.01;
  const CHANNELS = [3, 16, 32, 32];

  /** A small linear congruential generator, so that every run sees the same numbers. */
  function uniform(seed) {
    let state = seed >>> 0;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  }

  /** `shape` filled with U(−1/√fanIn, 1/√fanIn), the usual initial weights. */
  function weights(shape, fanIn, next) {
    const bound = 1 / Math.sqrt(fanIn);
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, () => bound * (2 * next() - 1));
    return tf.variable(tf.tensor(values, shape));
  }

  /** Builds the network and one batch on the backend that is active now. */
  function build() {
    const next = uniform(7);
    const layers = [];
    for (let i = 1; i < CHANNELS.length; i += 1) {
      const fanIn = 9 * CHANNELS[i - 1];
      layers.push({
        kernel: weights([3, 3, CHANNELS[i - 1], CHANNELS[i]], fanIn, next),
        bias: weights([CHANNELS[i]], fanIn, next),
      });
    }
    const features = (SIDE / 8) * (SIDE / 8) * CHANNELS[CHANNELS.length - 1];
    const head = {
      kernel: weights([features, CLASSES], features, next),
      bias: weights([CLASSES], features, next),
    };
    const pixels = Float32Array.from({ length: BATCH * SIDE * SIDE * 3 }, () => next());
    const images = tf.tensor4d(pixels, [BATCH, SIDE, SIDE, 3]);
    const labels = tf.oneHot(
      tf.tensor1d(Int32Array.from({ length: BATCH }, (_, i) => i % CLASSES), 'int32'),
      CLASSES,
    ).toFloat();
    const optimizer = tf.train.sgd(LEARNING_RATE);

    const loss = () => {
      let x = images;
      for (const { kernel, bias } of layers) {
        x = tf.conv2d(x, kernel, 1, 'same').add(bias).relu().maxPool(2, 2, 'valid');
      }
      const logits = x.reshape([BATCH, features]).matMul(head.kernel).add(head.bias);
      return tf.losses.softmaxCrossEntropy(labels, logits);
    };

    const count = [...layers, head].reduce((n, l) => n + l.kernel.size + l.bias.size, 0);
    return { count, step: () => optimizer.minimize(loss, true) };
  }

  const built = new Map();

  /**
   * Runs `steps` training steps on `backend` ('cpu' or 'webgpu') and times each, from before the
   * forward pass until its loss has been read back (which waits for the device).
   *
   * Resolves to `{ backend, weights, losses, ms_per_step }`; a second call goes on from the first.
   * Rejects when the backend does not start, for example 'webgpu' without an adapter.
   */
  window.__tfjs_bench = async (backend, steps) => {
    if (!(await tf.setBackend(backend))) {
      throw new Error(`TensorFlow.js could not start its ${backend} backend`);
    }
    await tf.ready();
    if (!built.has(backend)) built.set(backend, build());
    const net = built.get(backend);
    const times = [];
    const losses = [];
    for (let i = 0; i < steps; i += 1) {
      const start = performance.now();
      const cost = net.step();
      losses.push((await cost.data())[0]);
      times.push(performance.now() - start);
      cost.dispose();
    }
    return { backend: tf.getBackend(), version: tf.version.tfjs, weights: net.count, losses, ms_per_step: times };
  };
})();
