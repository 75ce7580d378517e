// Looks whether the ports of a plan are free, so that a taken one is told before anything starts.
import { createServer } from "node:net";
import { Failure } from "#protocols/failure.ts";
import { parseBind } from "../topology/bind-address.ts";
import type { ClusterPlan } from "../topology/topology-plan.ts";

interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** Where the file says so. */
  readonly key: string;
}

/** Fails with `unavailable` and names the port, the key of the file and what to do. */
export async function checkPorts(plan: ClusterPlan): Promise<void> {
  for (const wanted of wantedPorts(plan)) await checkPort(wanted);
}

function wantedPorts(plan: ClusterPlan): readonly WantedPort[] {
  const gateway = plan.gateway === null ? [] : [{ ...plan.gateway, key: "gateway.port" }];
  const binds = plan.nodes.flatMap((node) =>
    (["bind", "heartbeats"] as const).flatMap((key) => {
      const address = parseBind(node[key] ?? "");
      if (address === undefined || address.port === null) return [];
      return [{ host: address.host, port: address.port, key: `${key} of node ${node.name}` }];
    }),
  );
  const control = parseBind(plan.control?.address ?? "");
  const asked =
    control === undefined || control.port === null
      ? []
      : [{ host: control.host, port: control.port, key: "control.bind" }];
  return [...gateway, ...asked, ...binds];
}

function checkPort({ host, port, key }: WantedPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new Failure("unavailable", explain({ host, port, key }, error), error));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function explain({ host, port, key }: WantedPort, error: NodeJS.ErrnoException): string {
  const place = `${host}:${port} (${key})`;
  switch (error.code) {
    case "EADDRINUSE":
      return `${place} is taken by another process: end it (ss -ltnp 'sport = :${port}' names it), or write another port`;
    case "EACCES":
      return `${place} may not be used: write a port from 1024 on, or start with the right to use it`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${place}: this machine has no address ${host}; write 127.0.0.1`;
    default:
      return `${place} cannot be listened at: ${error.message}`;
  }
}
