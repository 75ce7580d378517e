// A Redis of one's own: a free port, a folder of its own, and exactly this process is stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../sockets/free-port.ts";

export type RedisSettings = Readonly<Record<string, string | number>>;

export class RedisProcess {
  readonly port: number;
  /** Where its data is. */
  readonly folder: string;
  readonly #settings: RedisSettings;
  #child: ChildProcess;

  private constructor(port: number, folder: string, settings: RedisSettings) {
    this.port = port;
    this.folder = folder;
    this.#settings = settings;
    this.#child = this.#spawn();
  }

  /** `settings`: those of redis.conf that are to differ. */
  static async start(settings: RedisSettings = {}): Promise<RedisProcess> {
    const folder = await mkdtemp(join(tmpdir(), "troupe-redis-"));
    const redis = new RedisProcess(await freePort(), folder, settings);
    await redis.#answers();
    return redis;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async startAgain(): Promise<void> {
    this.#child = this.#spawn();
    await this.#answers();
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One command, in the words of redis-cli; its answer as it comes. */
  command(...words: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write(`${words.join(" ")}\r\n`));
      socket.once("data", (data) => {
        socket.end();
        resolve(data.toString());
      });
      socket.once("error", reject);
    });
  }

  #spawn(): ChildProcess {
    const settings = {
      port: this.port,
      bind: "127.0.0.1",
      dir: this.folder,
      appendonly: "yes",
      save: "",
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return spawn("redis-server", args, { stdio: "ignore" });
  }

  async #answers(): Promise<void> {
    const deadlineMs = Date.now() + 10_000;
    for (;;) {
      const answer = await this.command("PING").catch(() => "");
      if (answer.startsWith("+PONG")) return;
      if (Date.now() > deadlineMs) throw new Error(`redis-server did not answer at ${this.port}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
