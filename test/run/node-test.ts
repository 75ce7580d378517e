// The program that a run starts: Node.js's test runner on the given files, in the given order, which its
// command line would sort. `node-test.ts CONCURRENCY TIMEOUT_MS FILE ...`
import { run } from "node:test";
import { spec } from "node:test/reporters";

const [concurrency, timeoutMs, ...files] = process.argv.slice(2);

run({ files, concurrency: Number(concurrency), timeout: Number(timeoutMs) })
  .on("test:fail", ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
