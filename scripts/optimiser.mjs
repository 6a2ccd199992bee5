// A thread that makes modules smaller or faster: binaryen, which wasm-opt is made of, loaded once for many modules
// (scripts/web.mjs). Level and settings are those of wasm-opt's options; the results are equal to the byte.
import { parentPort } from 'node:worker_threads';
import binaryen from 'binaryen';

/** Optimisation and shrink level of `-O3` and `-Oz`. */
const LEVELS = { '-O3': [3, 0], '-Oz': [2, 2] };

// What the compiler uses beyond the first WebAssembly standard; it must be told.
const { SIMD128, BulkMemory, NontrappingFPToInt, ReferenceTypes, SignExt, MutableGlobals, Multivalue, BulkMemoryOpt, CallIndirectOverlong } = binaryen.Features;
const FEATURES = SIMD128 | BulkMemory | NontrappingFPToInt | ReferenceTypes | SignExt | MutableGlobals | Multivalue
  // Both come with the ones above.
  | BulkMemoryOpt | CallIndirectOverlong;

binaryen.setGenerateStackIR(true);
binaryen.setOptimizeStackIR(true);

parentPort.on('message', ({ bytes, level }) => {
  const [optimise, shrink] = LEVELS[level];
  binaryen.setOptimizeLevel(optimise);
  binaryen.setShrinkLevel(shrink);
  try {
    const module = binaryen.readBinary(bytes);
    module.setFeatures(FEATURES);
    module.optimize();
    module.runPasses(['strip-debug', 'strip-producers']);
    const small = module.emitBinary();
    module.dispose();
    parentPort.postMessage({ bytes: small });
  } catch (error) {
    parentPort.postMessage({ error: String(error?.message ?? error) });
  }
});
