// Hosts of their own on this machine: network namespaces, each with one cable into a common switch, so
// that cables can be cut and ways lost as between machines. Needs root and iproute2 on Linux.
//
//   host a ── eth0 ═══ port a ┐
//   host b ── eth0 ═══ port b ├─ bridge in a namespace of its own
//   host c ── eth0 ═══ port c ┘
import { type ChildProcess, execFileSync, spawn } from "node:child_process";

/** No network card of the switch has it: what is sent there is lost without a word. */
const nobodysAddress = "02:00:00:00:00:99";

export class HostNetwork {
  readonly #prefix: string;
  readonly #names: readonly string[];

  private constructor(prefix: string, names: readonly string[]) {
    this.#prefix = prefix;
    this.#names = names;
  }

  /** Why there can be none here; undefined when there can. */
  static obstacle(): string | undefined {
    if (process.platform !== "linux") return "network namespaces are Linux's own";
    if (process.getuid?.() !== 0) return "network namespaces need root";
    try {
      const probe = HostNetwork.open(["probe"]);
      probe.narrow("probe", "4mbit", 12_000);
      probe.close();
      return undefined;
    } catch (cause) {
      const seen = cause instanceof Error ? cause.message.trim() : String(cause);
      return `no network of hosts can be made (is iproute2 installed?): ${seen}`;
    }
  }

  static open(names: readonly string[]): HostNetwork {
    const network = new HostNetwork(`troupe-${process.pid}`, names);
    process.once("exit", network.#closeAtExit);
    try {
      network.#build();
    } catch (cause) {
      network.close();
      throw cause;
    }
    return network;
  }

  address(name: string): string {
    return `10.213.77.${this.#names.indexOf(name) + 1}`;
  }

  /** A program of Node.js on that host, with a channel to this process. */
  run(name: string, args: readonly string[]): ChildProcess {
    const command = ["netns", "exec", this.#host(name), process.execPath, ...args];
    return spawn("ip", command, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  pullCable(name: string): void {
    this.#on(name, "link", "set", "eth0", "down");
  }

  plugCable(name: string): void {
    this.#on(name, "link", "set", "eth0", "up");
  }

  /** Nothing that `from` sends comes to `to` any more; the way back is as it was. */
  loseWay(from: string, to: string): void {
    const at = this.address(to);
    this.#on(from, "neigh", "replace", at, "lladdr", nobodysAddress, "dev", "eth0");
  }

  restoreWay(from: string, to: string): void {
    this.#on(from, "neigh", "delete", this.address(to), "dev", "eth0");
  }

  /** A narrow cable: what is sent waits its turn, and is lost when too much does. */
  narrow(name: string, rate: string, bytesWaiting: number): void {
    const bucket = ["tbf", "rate", rate, "burst", "4kb", "limit", String(bytesWaiting)];
    const command = ["netns", "exec", this.#host(name), "tc", "qdisc", "replace", "dev", "eth0"];
    ip(...command, "root", ...bucket);
  }

  readonly #closeAtExit = (): void => this.close();

  close(): void {
    process.off("exit", this.#closeAtExit);
    for (const name of [...this.#names, "switch"]) {
      try {
        ip("netns", "delete", this.#host(name));
      } catch {
        // It was never made.
      }
    }
  }

  #build(): void {
    const ground = this.#host("switch");
    ip("netns", "add", ground);
    ip("-n", ground, "link", "add", "bridge0", "type", "bridge");
    ip("-n", ground, "link", "set", "bridge0", "up");
    for (const name of this.#names) {
      const host = this.#host(name);
      ip("netns", "add", host);
      const port = `port-${name}`;
      const ends = ["eth0", "netns", host, "type", "veth", "peer", "name", port, "netns", ground];
      ip("link", "add", ...ends);
      ip("-n", ground, "link", "set", port, "master", "bridge0", "up");
      this.#on(name, "link", "set", "lo", "up");
      this.#on(name, "address", "add", `${this.address(name)}/24`, "dev", "eth0");
      this.#on(name, "link", "set", "eth0", "up");
    }
  }

  #on(name: string, ...args: readonly string[]): void {
    ip("-n", this.#host(name), ...args);
  }

  #host(name: string): string {
    return `${this.#prefix}-${name}`;
  }
}

const ip = (...args: readonly string[]): void => {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
};
