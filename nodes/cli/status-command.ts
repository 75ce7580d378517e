// `troupe status`: how a running cluster is.
import { Failure } from "#protocols/failure.ts";
import type { FormerEnd } from "#protocols/tasks/node.ts";
import { nodeScalerName } from "#protocols/tasks/node-scaling.ts";
import type { AddCommand } from "./command.ts";
import { formatBytes, formatDuration } from "./figures.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { isModelsListing, type ModelsListing, notesIn } from "./models-listing.ts";
import { queueTables } from "./queue-tables.ts";
import { servedModels } from "./serving-table.ts";
import type { MirrorReport, ReadsReport, StatusReport } from "./status-report.ts";
import { formatTable } from "./table.ts";
import { unrunnableLines } from "./unrunnable-table.ts";

const examples = `
The table of nodes has the models that each is configured with; the one below it those that are served, by
version, or why not. * marks the version that is meant where only the model is named. troupe models tells all.

Examples:
  troupe status
  troupe status --url http://127.0.0.1:9000 --json`;

interface StatusOptions {
  readonly url: string;
  readonly json?: true;
}

export const addStatusCommand: AddCommand = ({ program, io }) => {
  program
    .command("status")
    .description("show the nodes, the models and the queue of a running cluster")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .action(async (options: StatusOptions) => {
      const client = new GatewayClient(options.url);
      const [report, served] = await Promise.all([client.status(), servedAt(client)]);
      const all = typeof served === "object" ? { ...report, served } : report;
      const text = options.json ? JSON.stringify(all, null, 2) : describeStatus(report, served);
      io.out(`${text}\n`);
    });
};

/** Why nobody knows instead; undefined: the gateway does not tell of models. */
type Served = ModelsListing | string | undefined;

async function servedAt(client: GatewayClient): Promise<Served> {
  try {
    const answer = await client.get("api/models");
    return isModelsListing(answer) ? answer : undefined;
  } catch (cause) {
    return Failure.of(cause).detail;
  }
}

export function describeStatus(report: StatusReport, served: Served): string {
  const head = `cluster ${report.cluster}, up ${formatDuration(report.uptimeMs)}, model ${report.model}`;
  const problems = (report.problems ?? []).map((problem) => `problem: ${problem}`);
  const doubts = doubtsAbout(report);
  const models = served === undefined ? [] : ["", modelsText(report, served)];
  const notes = typeof served === "object" ? notesIn(served).map((note) => `note: ${note}`) : [];
  const tables = [nodeTable(report), ...models, "", queueTables(report)];
  const waits = unrunnableLines(report);
  const states = [...waits, ...groupLines(report), ...stateLines(report)];
  return [head, "", ...tables, ...states, ...doubts, ...problems, ...notes].join("\n");
}

function modelsText({ nodes }: StatusReport, served: Exclude<Served, undefined>): string {
  if (typeof served === "string") return `which models are served is not known: ${served}`;
  const configured = new Map<string, string[]>();
  for (const { name: node, status, capabilities } of nodes) {
    if (status === "offline") continue;
    for (const model of configuredOn(capabilities)) {
      configured.set(model, [...(configured.get(model) ?? []), node]);
    }
  }
  return servedModels(served, configured);
}

/** Models that the node is to serve, and those that it serves of a repository besides; no versions. */
const configuredOn = ({
  models,
  modelFiles = [],
}: StatusReport["nodes"][number]["capabilities"]): readonly string[] => [
  ...new Set([
    ...modelFiles.map(({ name }) => name),
    ...models.filter((name) => !name.includes("@")),
  ]),
];

/** `group worker: 2 of 1 to 4 nodes stand, 3 are wanted; 5 tasks wait, 2 run` */
const groupLines = ({ scaling = [] }: StatusReport): readonly string[] =>
  scaling.flatMap(({ group, min, max, wanted, nodes, waiting, running, lastChange, trouble }) => {
    const leaving = nodes.filter(({ phase }) => phase === "leaving").length;
    const starting = nodes.filter(({ phase }) => phase === "starting").length;
    const standing = `${nodes.length - leaving} of ${min} to ${max} nodes stand`;
    const started = starting === 0 ? "" : ` (${starting} being started)`;
    const left = leaving === 0 ? "" : `, ${leaving} leave`;
    const load = `${waiting} tasks wait, ${running} run`;
    return [
      "",
      `group ${group}: ${standing}${started}${left}, ${wanted} are wanted; ${load}`,
      ...(lastChange === null ? [] : [`last change: ${lastChange}`]),
      ...(trouble === null || trouble === lastChange ? [] : [`trouble: ${trouble}`]),
    ];
  });

/** What memory holds of the state, and how the copy outside is. */
function stateLines({ state, stateReads }: StatusReport): readonly string[] {
  // Without a copy there is nothing to choose from.
  const reads = stateReads?.server ? [readsLine(stateReads)] : [];
  return [...managerLines(state), ...reads];
}

function readsLine({ lagMs, reason, server, since, source }: ReadsReport): string {
  const from = source === "redis" ? `from ${server}` : "from the StateManager (embedded)";
  const behind = source === "redis" && lagMs !== null ? `, ${Math.round(lagMs)} ms behind` : "";
  const why = reason === null ? "" : `: ${reason}`;
  return `state is read ${from} since ${new Date(since).toISOString()}${behind}${why}`;
}

function managerLines(state: StatusReport["state"]): readonly string[] {
  if (!state) return [];
  const { cache, mirror, storeTrouble, subscriptions } = state;
  const reads = cache.hitsTotal + cache.missesTotal;
  const share = reads === 0 ? "" : `, ${Math.round((100 * cache.hitsTotal) / reads)} % from memory`;
  const held = `${cache.tasks} tasks in memory, ${reads} reads${share}`;
  const followed = `${subscriptions.subscribers} subscribers of ${subscriptions.channels} channels`;
  return [
    "",
    `state: ${held}; ${followed}`,
    ...(storeTrouble === null ? [] : [`state is behind the store: ${storeTrouble}`]),
    ...(mirror.kind === "off" ? [] : [mirrorLine(mirror)]),
  ];
}

function mirrorLine({ kind, reason, server, since }: MirrorReport): string {
  const from = since === undefined ? "" : ` since ${new Date(since).toISOString()}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  return `mirror ${server ?? ""} is ${kind}${from}${why}`;
}

/** Nodes, workers and members of whom something is to be known beside that they are there. */
const doubtsAbout = ({ nodes, members = [], queue }: StatusReport): readonly string[] => [
  ...nodes.flatMap(nodeDoubts),
  ...(queue?.workers ?? []).flatMap(({ node, overdue = 0, slots }) =>
    overdue > 0 ? [`worker ${node} takes no tasks: ${stuckSlots(overdue, slots)}`] : [],
  ),
  ...members
    .filter(({ status }) => status !== "up")
    .map(({ name, status, why }) => `member ${name} is ${status}: ${why}`),
];

const stuckSlots = (overdue: number, slots: number): string =>
  `${overdue} of ${slots} slots ${overdue === 1 ? "is" : "are"} kept by handlers that do not stop`;

function nodeDoubts(node: StatusReport["nodes"][number]): readonly string[] {
  const { name, status, statusReason, formerEnd, hold, health } = node;
  // It is where it is to be until its load asks for it.
  if (status === "offline" && hold?.by === nodeScalerName) return [];
  // Its hold ends with its next life, its figures are of the last.
  if (status === "offline" && hold?.kind !== "paused") {
    return [`node ${name} is offline: ${statusReason}`];
  }
  const isHold = hold?.kind === status;
  const by = hold?.by ? ` (by ${hold.by})` : "";
  return [
    ...(status === "online" || isHold ? [] : [`node ${name} is ${status}: ${statusReason}`]),
    ...(formerEnd ? [newLife(name, formerEnd)] : []),
    ...(hold ? [`node ${name} is ${hold.kind}${by}: ${hold.reason}`] : []),
    ...(health?.reasons ?? []).map((reason) => `node ${name} is ${health?.level}: ${reason}`),
  ];
}

const newLife = (name: string, { at, reason }: FormerEnd): string =>
  `node ${name} began anew after ${new Date(at).toISOString()}: its former process ${reason}`;

const nodeHeads = [
  "NODE",
  "STATUS",
  "PID",
  "CORES",
  "RUNNING",
  "DONE",
  "FAILED",
  "MEMORY",
  "CPU",
  "LOOP P99",
  "CONFIGURED",
];

function nodeTable({ nodes }: StatusReport): string {
  if (nodes.length === 0) return "no nodes are registered";
  const rows = nodes.map((node) => {
    const { name, status, pid, capabilities, load, statistics } = node;
    return [
      name,
      status,
      pid ?? "-",
      capabilities.cores,
      `${node.runningTasks ?? "-"} of ${capabilities.slots}`,
      statistics?.completed ?? "-",
      statistics?.failed ?? "-",
      load === null ? "-" : formatBytes(load.memoryBytes),
      load === null ? "-" : `${Math.round(load.cpuUsage * 100)} %`,
      load === null ? "-" : `${load.eventLoopDelayMsP99.toFixed(1)} ms`,
      configuredOn(capabilities).join(", ") || "-",
    ];
  });
  return formatTable(nodeHeads, rows);
}
