// The other process of a contender: a program that says where it can be reached, and ends with whoever
// started it.
import { fork } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import { Failure } from "#protocols/failure.ts";
import { trialFlags } from "../core/trial-subject.ts";

/** The file for a V8 profile of the other process, if there is to be one. */
export const farProfileVariable = "BENCH_FAR_PROFILE";

const programs = new URL("./contenders/far/", import.meta.url);

/** Starts a file under contenders/far; answers what it said it is reached by. */
export function startFar(program: string, ...words: readonly string[]): Promise<string> {
  return startFarFile(new URL(`${program}.ts`, programs), ...words);
}

/** The same with a file of another suite. */
export function startFarFile(program: URL, ...words: readonly string[]): Promise<string> {
  const file = fileURLToPath(program);
  const child = fork(file, words, {
    execArgv: [...trialFlags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  // Whoever measures ends when it is done, and with it the channel and the other process.
  return new Promise((resolve, reject) => {
    let isReached = false;
    child.once("message", (address) => {
      isReached = true;
      resolve(String(address));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const failure = new Failure("unavailable", `${file} ended with ${signal ?? code}`);
      reject(failure);
      // Nobody answers any more: rather no round than one that hangs.
      if (isReached) throw failure;
    });
  });
}

/** In the other process: says where it is reached. */
export function sayAddress(address: string): void {
  const file = process.env[farProfileVariable];
  const written = file === undefined ? () => {} : profiling(file);
  process.on("disconnect", () => {
    written();
    process.exit();
  });
  // Whoever started it may have ended before anybody here listened for that.
  if (!process.connected) process.exit();
  process.send?.(address);
}

/** Takes a V8 profile from now on; answers how to end and write it, at once. */
function profiling(file: string): () => void {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.start");
  return () => {
    session.post("Profiler.stop", (error, { profile }) => {
      if (error !== null) return;
      // Whoever waits for the file sees all of it or nothing.
      writeFileSync(`${file}.part`, JSON.stringify(profile));
      renameSync(`${file}.part`, file);
    });
  };
}

/** In the other process: what it was started with. */
export const [farRole = "", farDetail = "", farFolder = ""] = process.argv.slice(2);
