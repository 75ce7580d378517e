// The topology file: which nodes a cluster has and what runs on them. These schemas are the one
// source of its form: the loader checks with them, editors get them as JSON Schema.
// What must hold between the parts (one director, unique names, …) stands in the loader's check.
import Type, { type Static } from "typebox";
import { DemandRules } from "../tasks/demand-rules.ts";
import { LauncherDocument, restartIntensity } from "./topology-launcher.ts";
import {
  addressPattern,
  addressRemedy,
  ControlDocument,
  MembershipDocument,
  SecurityDocument,
} from "./topology-links.ts";
import { RepositoryDocument } from "./topology-models.ts";
import { ObservationDocument } from "./topology-observation.ts";
import { QueueDocuments } from "./topology-queues.ts";
import { NodeScalingDocument, scaledNodesMax } from "./topology-scaling.ts";
import { SettingsDocument } from "./topology-settings.ts";
import { SkillDocuments } from "./topology-skills.ts";
import { StateDocument } from "./topology-state.ts";
import { WorkerModelsDocument, WorkerThreadDocument } from "./topology-worker.ts";

/** The kinds of actors that a topology can place. */
export const actorKinds = [
  "store",
  "state-manager",
  "queue-manager",
  "node-registry",
  "node-scaler",
  "node-agent",
  "http-gateway",
  "control-channel",
  "error-handler",
  "confirmations",
  "inference",
  "task-worker",
] as const;
export type ActorKind = (typeof actorKinds)[number];

/** Named subtrees; the short form of `supervision`. */
export const roleNames = ["control", "gateway", "worker"] as const;
export type RoleName = (typeof roleNames)[number];

/** How soon what falls silent is given up. */
export const profileNames = ["default", "fast"] as const;
export type ProfileName = (typeof profileNames)[number];

/** Bounds of a topology. Beyond them the file is refused with `topology_invalid`. */
export const topologyBounds = {
  fileBytesMax: 256 * 1024,
  nodesMax: 64,
  replicasMax: scaledNodesMax,
  modelsMax: 256,
  childrenMax: 64,
  supervisionDepthMax: 8,
} as const;

const closed = { additionalProperties: false } as const;
const millisecondsMax = 86_400_000;

const name = (description: string) =>
  Type.String({
    description,
    pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
    patternErrorMessage:
      "write 1 to 63 letters, digits, dots, underscores or hyphens, beginning with a letter or digit",
  });
const text = (description: string) => Type.String({ description, minLength: 1, maxLength: 1024 });
const count = (description: string, maximum: number) =>
  Type.Integer({ description, minimum: 1, maximum });
const milliseconds = (description: string) => count(description, millisecondsMax);

const lifeTerms = {
  restart: Type.Optional(
    Type.Enum(["permanent", "transient", "temporary"], {
      description:
        "Whether it is begun anew: always, after a failure only, or never. Default: as its kind says, else permanent.",
    }),
  ),
  startTimeoutMs: Type.Optional(
    milliseconds("How long its start may take; then it has failed. Default: as its kind says."),
  ),
  stopTimeoutMs: Type.Optional(
    milliseconds("How long its end may take; then it is left behind. Default: as its kind says."),
  ),
};
export interface LifeDocument {
  readonly restart?: "permanent" | "transient" | "temporary";
  readonly startTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
}

export const ActorDocument = Type.Object(
  {
    actor: Type.Enum([...actorKinds], { description: "Kind of the actor." }),
    name: Type.Optional(name("Name below its supervisor. Default: the kind.")),
    ...lifeTerms,
    module: Type.Optional(
      text(
        "Of a task-worker: the module whose default export is its class, relative to this file.",
      ),
    ),
    arguments: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1, maxLength: 64 }),
        Type.Union([Type.String({ maxLength: 16_384 }), Type.Number(), Type.Boolean()]),
        { description: "Of a task-worker: what its class is born with, beside the settings." },
      ),
    ),
    thread: Type.Optional(WorkerThreadDocument),
    models: Type.Optional(WorkerModelsDocument),
    settings: Type.Optional(SettingsDocument),
  },
  { ...closed, description: "An actor that its supervisor starts and restarts." },
);
export type ActorDocument = Static<typeof ActorDocument>;

const childrenDescription = "Actors and supervisors, in the order in which they are started.";

/** The recursive part: a supervisor has children, a child is an actor or a supervisor. */
export const treeDefinitions = {
  Supervisor: Type.Object(
    {
      supervisor: name("Name of the supervisor; it becomes a part of its children's paths."),
      strategy: Type.Optional(
        Type.Enum(["one-for-one", "rest-for-one", "one-for-all"], {
          description: "Which children are restarted when one fails. Default: one-for-one.",
        }),
      ),
      ...restartIntensity,
      ...lifeTerms,
      children: Type.Array(Type.Ref("Child"), {
        description: childrenDescription,
        minItems: 1,
        maxItems: topologyBounds.childrenMax,
      }),
    },
    { ...closed, description: "Starts its children in order; decides when one fails." },
  ),
  Child: Type.Union([ActorDocument, Type.Ref("Supervisor")]),
};
export const SupervisorDocument = Type.Cyclic(treeDefinitions, "Supervisor");
export type SupervisorDocument = Static<typeof SupervisorDocument>;
export type ChildDocument = SupervisorDocument["children"][number];

export const NodeDocument = Type.Object(
  {
    name: name("Name of the node; with `replicas` and `scaling`, -1, -2, … is added."),
    bind: Type.String({
      description: "Where the node listens for its peers; port * takes any free port.",
      pattern: addressPattern,
      patternErrorMessage: addressRemedy,
    }),
    heartbeats: Type.Optional(
      Type.String({
        description:
          "Where the node publishes its heartbeats. Default: the address of `bind`, any free port.",
        pattern: addressPattern,
        patternErrorMessage: addressRemedy,
      }),
    ),
    director: Type.Optional(
      Type.Boolean({ description: "Holds the directory of names. Exactly one node is it." }),
    ),
    replicas: Type.Optional(
      count("So many nodes of this kind, numbered from 1.", topologyBounds.replicasMax),
    ),
    scaling: Type.Optional(NodeScalingDocument),
    roles: Type.Optional(
      Type.Array(Type.Enum([...roleNames], { description: "A named supervision subtree." }), {
        description: "Short form of `supervision`.",
        minItems: 1,
        maxItems: roleNames.length,
      }),
    ),
    supervision: Type.Optional(
      Type.Array(SupervisorDocument, {
        description: "The supervision tree below the node's root, in start order.",
        minItems: 1,
        maxItems: topologyBounds.childrenMax,
      }),
    ),
    settings: Type.Optional(SettingsDocument),
    capability: Type.Optional(
      text(
        "File that says what the node can do in the place of what it detects, relative to this file; troupe capability writes one.",
      ),
    ),
  },
  { ...closed, description: "One process of the cluster, or several alike." },
);
export type NodeDocument = Static<typeof NodeDocument>;

export const TopologyDocument = Type.Object(
  {
    cluster: name("Name of the cluster."),
    profile: Type.Optional(
      Type.Enum([...profileNames], {
        description:
          "How soon what falls silent is given up. fast: tasks go elsewhere after 2 s, not 15 s. Default: default.",
      }),
    ),
    store: Type.Object(
      {
        kind: Type.Enum(["sqlite", "redis", "memory"], {
          description: "Kind of the store. What is in memory ends with its process.",
        }),
        path: Type.Optional(text("Of sqlite: the database file, relative to this file.")),
        url: Type.Optional(
          text(
            "Of redis: redis://host:port, rediss://, redis+sentinel://a,b/name or redis+cluster://a,b.",
          ),
        ),
        folder: Type.Optional(
          text(
            "Where nodes keep what is their own, relative to this file. Default: the folder of path, or `data`.",
          ),
        ),
      },
      { ...closed, description: "Where tasks are kept." },
    ),
    models: Type.Array(
      Type.Object(
        {
          name: name("Name by which tasks ask for the model."),
          path: text("`builtin`, or the model's folder relative to this file."),
        },
        { ...closed, description: "A model that the workers load." },
      ),
      {
        description: "Models that the workers load.",
        minItems: 1,
        maxItems: topologyBounds.modelsMax,
      },
    ),
    repository: Type.Optional(RepositoryDocument),
    gateway: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(text("Address to listen at. Default: 127.0.0.1.")),
          port: count("Port of HTTP.", 65_535),
          model: name("The model that requests use."),
        },
        { ...closed, description: "The HTTP side; needs a node with an http-gateway." },
      ),
    ),
    control: Type.Optional(ControlDocument),
    state: Type.Optional(StateDocument),
    queues: Type.Optional(QueueDocuments),
    skills: Type.Optional(SkillDocuments),
    demands: Type.Optional(DemandRules),
    launcher: Type.Optional(LauncherDocument),
    observation: Type.Optional(ObservationDocument),
    security: Type.Optional(SecurityDocument),
    membership: Type.Optional(MembershipDocument),
    nodes: Type.Array(NodeDocument, {
      description: "The processes of the cluster.",
      minItems: 1,
      maxItems: topologyBounds.nodesMax,
    }),
  },
  { ...closed, title: "Troupe topology", description: "A cluster: its nodes and what they run." },
);
export type TopologyDocument = Static<typeof TopologyDocument>;
