// UPDATE_CONFIG: a document becomes the active version of its layer, then the cluster goes by it.
//
//   checked ─► draft ─► active (unless another is by now) ─► applied
//
//   gateway  { "model" }          the gateway sends repairs to that model
//   queue    settings of a queue  the store admits and holds tasks by them; `scope` names the queue
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { ConfigActivated } from "#protocols/tasks/config-records.ts";
import type { ControlResponse } from "#protocols/tasks/control.ts";
import { queueDefault, type TaskParameters } from "#protocols/tasks/task.ts";
import type { ControlPeers } from "./control-peers.ts";

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Ms = Type.Integer({ minimum: 0, maximum: 400 * 24 * 3_600_000 });

const GatewayConfig = Type.Object({ model: Type.String({ minLength: 1, maxLength: 64 }) }, closed);
const QueueConfig = Type.Object(
  {
    isPaused: Type.Optional(Type.Boolean()),
    pendingMax: Type.Optional(Count),
    pendingBytesMax: Type.Optional(Count),
    perUserMax: Type.Optional(Count),
    whenFull: Type.Optional(Type.Enum(["reject", "evict_lowest", "block"])),
    agingMsPerLevel: Type.Optional(Ms),
    fairMs: Type.Optional(Ms),
    leaseMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 3_600_000 })),
    isKeyRequired: Type.Optional(Type.Boolean()),
  },
  closed,
);
const gatewayCheck = Compile(GatewayConfig);
const queueCheck = Compile(QueueConfig);

type Config =
  | {
      readonly layer: "gateway";
      readonly scope: string;
      readonly document: Static<typeof GatewayConfig>;
    }
  | {
      readonly layer: "queue";
      readonly scope: string;
      readonly document: Static<typeof QueueConfig>;
    };

const clusterScope = "cluster";

export interface ConfigUpdate {
  readonly parameters: TaskParameters;
  readonly by: string;
  /** Of the gateway's models. */
  readonly models: readonly string[];
  readonly withinMs: number;
}

/** Fails with `invalid` for a document that says nothing sensible, with `conflict` for one that is late. */
export async function updateConfig(
  peers: ControlPeers,
  update: ConfigUpdate,
): Promise<ControlResponse> {
  const config = configIn(update);
  const store = (await peers.store(update.withinMs)).$.with({ within: update.withinMs });
  const activated = await activate(store, config, update);
  await apply(peers, store, config);
  const { layer, scope } = config;
  return { layer, scope, ...activated };
}

function configIn({ parameters, models }: ConfigUpdate): Config {
  const { layer, scope } = parameters;
  const document = parsed(parameters["document"]);
  if (layer === "gateway") {
    if (!gatewayCheck.Check(document)) throw misfit(layer, gatewayCheck.Errors(document)[0]);
    if (scope !== undefined && scope !== clusterScope) {
      throw new Failure(
        "invalid",
        `the gateway's scope is ${clusterScope}, got ${scope}; remove it`,
      );
    }
    if (!models.includes(document.model)) {
      const text = `there is no model ${document.model}; there are ${models.join(", ")}`;
      throw new Failure("invalid", text);
    }
    return { layer, scope: clusterScope, document };
  }
  if (!queueCheck.Check(document)) throw misfit("queue", queueCheck.Errors(document)[0]);
  return { layer: "queue", scope: typeof scope === "string" ? scope : queueDefault, document };
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(typeof text === "string" ? text : "");
  } catch {
    throw new Failure("invalid", "the document is no JSON; write an object as text");
  }
}

function misfit(
  layer: string,
  first: { readonly instancePath: string; readonly message: string } | undefined,
): Failure {
  const place = first?.instancePath.replaceAll("/", ".") ?? "";
  const text = `the document${place} of ${layer}: ${first?.message ?? "does not fit"}`;
  return new Failure("invalid", text);
}

/** Without `expected` whatever is active gives way, but nothing that came while it was looked at. */
async function activate(store: Ref<Store>, config: Config, { parameters, by }: ConfigUpdate) {
  const { layer, scope, document } = config;
  const { expected, comment } = parameters;
  const believed =
    typeof expected === "number"
      ? expected || null
      : ((await store.activeConfig({ layer, scope }))?.version ?? null);
  const { version } = await store.draftConfig({
    layer,
    scope,
    document: JSON.stringify(document),
    author: by,
    ...(typeof comment === "string" ? { comment } : {}),
  });
  const activated = await store.activateConfig({ version, expected: believed });
  if (activated.kind === "activated") return { version, superseded: activated.superseded };
  await store.rejectConfig({ version });
  throw lateFor(config, activated);
}

function lateFor({ layer, scope }: Config, activated: ConfigActivated): Failure {
  const active = activated.kind === "conflict" ? (activated.active ?? 0) : 0;
  const text = `version ${active} of ${layer} (${scope}) is active, which is not what was expected; look at it, then expect it`;
  return new Failure("conflict", text);
}

async function apply(peers: ControlPeers, store: Ref<Store>, config: Config): Promise<void> {
  switch (config.layer) {
    case "gateway":
      await peers.gateway().useModel(config.document.model);
      break;
    case "queue":
      await store.setQueue({ queue: config.scope, ...config.document });
      break;
    default:
      config satisfies never;
  }
}
