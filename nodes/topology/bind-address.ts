// Takes an address to bind apart: `tcp://127.0.0.1:7600` or `tcp://127.0.0.1:*`. Pure.

export interface BindAddress {
  readonly host: string;
  /** null: any free port. */
  readonly port: number | null;
}

/** Undefined when a number is beyond what an address can hold. */
export function parseBind(bind: string): BindAddress | undefined {
  const match = /^tcp:\/\/([0-9.]+):(\*|[0-9]+)$/.exec(bind);
  const [, host = "", port = ""] = match ?? [];
  const parts = host.split(".");
  if (parts.length !== 4 || parts.some((part) => part === "" || Number(part) > 255)) {
    return undefined;
  }
  if (port === "*") return { host, port: null };
  return Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127\./.test(host);

/** Whether a socket at one of the addresses keeps the other from being bound. */
export function isSameSocket(first: BindAddress, second: BindAddress): boolean {
  if (first.port === null || first.port !== second.port) return false;
  const hosts = [first.host, second.host].map((host) =>
    host === "localhost" ? "127.0.0.1" : host,
  );
  return hosts[0] === hosts[1] || hosts.includes("0.0.0.0") || hosts.includes("::");
}
