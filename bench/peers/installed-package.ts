// The packages that we compare with. They are no part of the project: they have a package.json of
// their own beside this file, and are installed when a suite that wants them runs.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Loads an installed package. */
export const requirePeer = createRequire(import.meta.url);

export function installedVersion(name: string): string | undefined {
  const file = join(folder, "node_modules", name, "package.json");
  if (!existsSync(file)) return undefined;
  const manifest: { readonly version: string } = JSON.parse(readFileSync(file, "utf8"));
  return manifest.version;
}

/**
 * Installs what package.json names, unless it is there already. Answers why it did not work, or
 * undefined when it did. Runs no scripts of the packages.
 */
export async function installPeers(say: (line: string) => void): Promise<string | undefined> {
  const wanted: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const missing = Object.entries(wanted.dependencies).filter(
    ([name, version]) => installedVersion(name) !== version,
  );
  if (missing.length === 0) return undefined;
  say(`installing peers: ${missing.map(([name, version]) => `${name} ${version}`).join(", ")}`);
  const args = ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"];
  return new Promise((resolve) => {
    const child = spawn("npm", args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
    });
    child.on("error", (error) => resolve(`npm could not be started: ${error.message}`));
    child.on("close", (code) => {
      const errors = said.split("\n").filter((line) => line.startsWith("npm error"));
      resolve(code === 0 ? undefined : `npm ci ended with ${code}: ${errors[0] ?? said}`);
    });
  });
}
