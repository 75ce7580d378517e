// `npm run chaos -- --workers 10 --tasks 5000 --seconds 120`: kills and freezes components of a cluster of
// real processes, and judges what became of its tasks; `--help` says more.
import "#runtime/host/typescript-loader.mjs";

// Whoever is interrupted ends what was started: by the end of the launcher's channel, all nodes.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
const { runChaosCommand } = await import("./chaos/chaos-command.ts");
process.exitCode = await runChaosCommand(process.argv.slice(2));
