// `npm run bench -- <suite> [--quick]`: runs one suite of benchmarks and writes its report.
import { register } from "tsx/esm/api";

register();
const { runBench } = await import("./bench-command.ts");
process.exitCode = await runBench(process.argv.slice(2));
