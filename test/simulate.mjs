// `npm run simulate -- --seeds N [--seed S] [--scenario NAME]`: many small worlds in virtual time, with
// every fault that we know, each drawn from one seed; `--help` says more.
import "#runtime/host/typescript-loader.mjs";

const { runSimulate } = await import("./simulation/simulate-command.ts");
process.exitCode = await runSimulate(process.argv.slice(2));
