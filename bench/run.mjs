// `npm run bench -- <suite> [--quick]`: runs one suite of benchmarks and writes its report.
import "#runtime/host/typescript-loader.mjs";

// Whoever is interrupted ends in order: what a suite has to put away, it does on `exit`.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
const { runBench } = await import("./bench-command.ts");
process.exitCode = await runBench(process.argv.slice(2));
