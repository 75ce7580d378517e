// `npm test`: all test files, or those under the given paths, each in a process of its own but those that
// cannot tell the difference (run/test-sharing.ts): a dozen of them share one. Afterwards nothing of them
// may be left: no process (and so no socket of one), no file in the temporary folder.
//
//   npm test                         everything
//   npm test -- test/runtime         only what lies there
//   npm test -- --coverage           everything, and what of the product it covers
import "#runtime/host/typescript-loader.mjs";

const { runTests } = await import("./run/test-run.ts");
process.exitCode = await runTests(process.argv.slice(2));
