// The cluster under chaos: control node, gateway and workers apart, each a process of its own.
import { fileURLToPath } from "node:url";
import type { ProfileName } from "#protocols/outside/topology.ts";
import type { ChaosTerms } from "./chaos-plan.ts";
import { chaosModel } from "./chaos-worker.ts";

export interface ChaosTopology {
  readonly workers: number;
  readonly profile: ProfileName;
  readonly hit: ChaosTerms["hit"];
  /** Milliseconds that a task may take. */
  readonly workMsMax: number;
  /** In YAML. */
  readonly store: string;
  readonly record: string;
  readonly ports: { readonly http: number; readonly control: number };
}

/** Tasks that a worker holds at a time. */
export const workerSlots = 2;

const module = fileURLToPath(new URL("./chaos-worker.ts", import.meta.url));

/**
 * The launcher never gives up: nodes are killed more often than they would end by themselves. Where the control
 * node is hit, too, sessions are long, since one that is killed again while it starts is away for longer than usual.
 */
export const chaosTopology = ({
  workers,
  profile,
  hit,
  workMsMax,
  store,
  record,
  ports,
}: ChaosTopology): string => `
cluster: chaos
profile: ${profile}
store: ${store}
models: [ { name: ${chaosModel}, path: . } ]
gateway: { port: ${ports.http}, model: ${chaosModel} }
observation: { watch: false }
membership: ${hit === "workers" ? "{}" : "{ sessionMs: 60000 }"}
launcher:
  restartsMax: 1000
  startTimeoutMs: 90000
  backoff: { delayMsMin: 100, delayMsMax: 1000 }
nodes:
  - { name: control, bind: "tcp://127.0.0.1:${ports.control}", director: true, roles: [control] }
  - { name: gateway, bind: "tcp://127.0.0.1:*", roles: [gateway] }
  - name: worker
    replicas: ${workers}
    bind: tcp://127.0.0.1:*
    settings: { slots: ${workerSlots} }
    supervision:
      - { supervisor: registry, children: [ { actor: node-agent } ] }
      - supervisor: workers
        children:
          - actor: task-worker
            module: ${module}
            arguments: { record: ${JSON.stringify(record)}, workMsMin: 20, workMsMax: ${workMsMax} }
`;
