// A snapshot of metrics as text for Prometheus, exposition format 0.0.4. Times are in seconds there.
// https://prometheus.io/docs/instrumenting/exposition_formats/
import { type DurationsSeen, durationBoundsMs } from "./duration-histogram.ts";
import type { ActorMetrics, HandlingMetrics, MetricsSnapshot } from "./metrics-snapshot.ts";
import type { Figure, ShownBound } from "./shown-figures.ts";

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly lines: readonly string[];
}

/** Families without samples are left out. */
export const prometheusText = (snapshot: MetricsSnapshot): string =>
  [
    ...handlingFamilies(snapshot.handlings),
    ...actorFamilies(snapshot.actors),
    ...nodeFamilies(snapshot),
    ...boundFamilies(snapshot.bounds),
    ...snapshot.figures.map(figureFamily),
  ]
    .filter(({ lines }) => lines.length > 0)
    .map(familyText)
    .join("");

const familyText = ({ name, type, help, lines }: Family): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("\n")}\n`;

function handlingFamilies(handlings: readonly HandlingMetrics[]): readonly Family[] {
  const handled = "troupe_messages_handled_total";
  const putAside = "troupe_messages_put_aside_total";
  const seconds = "troupe_handling_seconds";
  return [
    {
      name: handled,
      type: "counter",
      help: "Messages whose handler has ended, by how it ended.",
      lines: handlings.flatMap((handling) => {
        const labels = { ...kindOf(handling), method: handling.method };
        return [
          sample(handled, { ...labels, end: "done" }, handling.done),
          sample(handled, { ...labels, end: "refused" }, handling.refused),
          sample(handled, { ...labels, end: "crashed" }, handling.crashed),
          sample(handled, { ...labels, end: "left-behind" }, handling.leftBehind),
        ];
      }),
    },
    {
      name: putAside,
      type: "counter",
      help: "Times that a message was put aside to be handled later.",
      lines: handlings
        .filter((handling) => handling.putAside > 0)
        .map((handling) => {
          const labels = { ...kindOf(handling), method: handling.method };
          return sample(putAside, labels, handling.putAside);
        }),
    },
    {
      name: seconds,
      type: "histogram",
      help: "Time from the beginning of a handler to its end.",
      lines: handlings.flatMap((handling) =>
        histogram(seconds, { ...kindOf(handling), method: handling.method }, handling.durations),
      ),
    },
  ];
}

function actorFamilies(actors: readonly ActorMetrics[]): readonly Family[] {
  const family = (
    [name, type, help]: readonly [string, Family["type"], string],
    value: (actor: ActorMetrics) => number | undefined,
  ): Family => ({
    name,
    type,
    help,
    lines: actors.flatMap((actor) => {
      const number = value(actor);
      return number === undefined ? [] : [sample(name, kindOf(actor), number)];
    }),
  });
  return [
    family(["troupe_actors_spawned_total", "counter", "Actors begun."], (of) => of.spawned),
    family(["troupe_actors_ended_total", "counter", "Actors gone for good."], (of) => of.ended),
    family(["troupe_actor_crashes_total", "counter", "Failures of actors."], (of) => of.crashes),
    family(["troupe_actor_restarts_total", "counter", "Actors begun anew."], (of) => of.restarts),
    family(["troupe_actors", "gauge", "Living actors."], (of) => of.levels?.living),
    family(
      ["troupe_mailbox_messages", "gauge", "Messages that wait in mailboxes."],
      (of) => of.levels?.waiting,
    ),
    family(
      ["troupe_mailbox_messages_max", "gauge", "Messages that wait in the fullest mailbox."],
      (of) => of.levels?.waitingMax,
    ),
    family(
      ["troupe_mailbox_bytes", "gauge", "Bytes in mailboxes that are bounded in bytes."],
      (of) => of.levels?.waitingBytes,
    ),
  ];
}

function nodeFamilies(snapshot: MetricsSnapshot): readonly Family[] {
  const { deadLetters, lateReplies, messages, overflowed } = snapshot;
  const dead = "troupe_dead_letters_total";
  const unhandled = "troupe_messages_dead_total";
  const level = (name: string, help: string, value: number | undefined): Family => ({
    name,
    type: name.endsWith("_total") ? "counter" : "gauge",
    help,
    lines: value === undefined ? [] : [sample(name, {}, value)],
  });
  return [
    {
      name: dead,
      type: "counter",
      help: "Messages that no handler took, by reason.",
      lines: deadLetters.map(({ reason, count }) => sample(dead, { reason }, count)),
    },
    {
      name: unhandled,
      type: "counter",
      help: "Messages whose way ended without a handler, by cause.",
      lines: Object.entries(messages?.deadBy ?? {}).map(([cause, count]) =>
        sample(unhandled, { cause }, count),
      ),
    },
    level("troupe_messages_sent_total", "Messages given to actors.", messages?.sent),
    level("troupe_messages_processed_total", "Handlers that have ended.", messages?.processed),
    level("troupe_messages_queued", "Messages that wait now.", messages?.queued),
    level("troupe_messages_in_flight", "Handlers in progress now.", messages?.inFlight),
    level("troupe_late_replies_total", "Answers to asks that had ended.", lateReplies),
    level("troupe_series_overflows_total", "Times that `other` was counted.", overflowed),
  ];
}

const figureFamily = ({ name, type, help, samples }: Figure): Family => ({
  name,
  type,
  help,
  lines: samples.map(({ labels, value }) => sample(name, labels, value)),
});

function boundFamilies(bounds: readonly ShownBound[]): readonly Family[] {
  const family = (
    [name, type, help]: readonly [string, Family["type"], string],
    value: (state: ShownBound) => number | undefined,
  ): Family => ({
    name,
    type,
    help,
    lines: bounds.flatMap((state) => {
      const number = value(state);
      return number === undefined ? [] : [sample(name, { bound: state.bound }, number)];
    }),
  });
  return [
    family(["troupe_bound_max", "gauge", "Each bound, by its name."], (of) => of.max),
    family(
      ["troupe_bound_highest", "gauge", "What its fullest holder has now."],
      (of) => of.highest,
    ),
    family(
      ["troupe_bound_reached_total", "counter", "Times that it gave its answer."],
      (of) => of.reached,
    ),
  ];
}

const kindOf = (of: { readonly protocol: string; readonly group: string }): Labels =>
  of.group === "" ? { protocol: of.protocol } : { protocol: of.protocol, group: of.group };

function histogram(name: string, labels: Labels, seen: DurationsSeen): readonly string[] {
  let sum = 0;
  const lines = durationBoundsMs.map((boundMs, index) => {
    sum += seen.buckets[index] ?? 0;
    return sample(`${name}_bucket`, { ...labels, le: String(boundMs / 1_000) }, sum);
  });
  return [
    ...lines,
    sample(`${name}_bucket`, { ...labels, le: "+Inf" }, seen.count),
    sample(`${name}_sum`, labels, seen.sumMs / 1_000),
    sample(`${name}_count`, labels, seen.count),
  ];
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return pairs.length === 0 ? `${name} ${value}` : `${name}{${pairs.join(",")}} ${value}`;
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
