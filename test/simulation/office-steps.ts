// What the users of simulated offices do, as steps of a plan: their clerks write to, ask, follow and dismiss
// one another.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import { Clerk, Office } from "./clerk-actor.ts";

export const desks = ["one", "two"] as const;
const acts = ["write", "write", "write", "ask", "ask", "relay", "follow", "unfollow"] as const;
const rareActs = ["crash", "dismiss", "cancel", "overrun"] as const;
const sizes = { min: 1, max: 20 };

/** What is done next, and by whom: without its time. */
export function drawOfficeStep(
  chance: Chance,
  nodes: readonly string[],
  rareRate: number,
): Omit<Step, "atMs"> {
  const act = pick(chance, chance.happens(rareRate) ? rareActs : acts);
  const desk = chance.pick(desks) ?? "one";
  const to = pick(chance, nodes);
  const terms = { desk, to, toDesk: chance.pick(desks) ?? "one", size: chance.count(sizes) };
  return { node: pick(chance, nodes), act, terms };
}

export function performOfficeStep({ act, terms = {} }: Step, host: SimulatedHost): void {
  const { system } = host;
  const node = String(terms.to);
  const clerk = clerkAt(host, host.node.name, String(terms.desk));
  const other = clerkAt(host, node, String(terms.toDesk));
  const size = Number(terms.size);
  const hurried = { within: size * 25 };
  switch (act) {
    case "write":
      clerk.write(other, node, size);
      return;
    case "ask":
      recorded(host, () => other.$.with(hurried).echo(size, size > 15 ? size * 10 : 0), size);
      return;
    case "relay":
      recorded(host, () => clerk.$.with(hurried).relay(other, size), size + 1);
      return;
    case "cancel": {
      const abort = new AbortController();
      const { signal } = abort;
      recorded(host, () => other.$.with({ signal }).echo(size, 100), size);
      recorded(
        host,
        () => clerk.echo(0, size),
        0,
        () => abort.abort(),
      );
      return;
    }
    case "follow":
      recorded(
        host,
        () => other.self(),
        undefined,
        (subject) => clerk.follow(subject),
      );
      return;
    case "unfollow":
      recorded(
        host,
        () => other.self(),
        undefined,
        (subject) => clerk.unfollow(subject),
      );
      return;
    case "crash":
      other.crash();
      return;
    case "overrun": {
      // The clerk next door is at work, has notes waiting, and is dismissed with them.
      const { name } = host.node;
      const next = clerkAt(host, name, desks.find((desk) => desk !== terms.desk) ?? "one");
      const nextDesk = next.$.address.path.split("/").at(-1) ?? "";
      recorded(host, () => next.echo(size, 200), size);
      clerk.write(next, name, size);
      recorded(
        host,
        () => clerk.echo(0, 20),
        0,
        () => recorded(host, () => system.refTo(Office, officeOf(name)).dismiss(nextDesk)),
      );
      return;
    }
    case "dismiss":
      recorded(host, () => system.refTo(Office, officeOf(node)).dismiss(String(terms.toDesk)));
      return;
    default:
      throw new Failure("invalid", `there is no act ${act}`);
  }
}

/** Asks, enters question and outcome in the history, and goes on with the answer. */
export function recorded<T>(
  host: SimulatedHost,
  put: () => Promise<T>,
  expected?: T,
  answered: (value: T) => void = () => {},
): void {
  const { node, now, record } = host;
  const name = `${node.name}~${node.incarnation} at ${now()} ${host.chance.random.nextWord()}`;
  record({ kind: "asked", ask: name });
  put().then(
    (value) => {
      const isExpected = expected === undefined || value === expected;
      record({ kind: "answered", ask: name, outcome: isExpected ? "value" : "another value" });
      answered(value);
    },
    (error: unknown) => {
      const { code } = Failure.of(error);
      record({ kind: "answered", ask: name, outcome: code });
      record({ kind: "fact", name: `refused ${code}`, about: name });
    },
  );
}

export async function everyoneAnswers(
  host: SimulatedHost,
  nodes: readonly string[],
): Promise<void> {
  for (const node of nodes) {
    for (const desk of desks) {
      const answer = await clerkAt(host, node, desk).$.with({ within: 5_000 }).echo(7, 0);
      if (answer !== 7) throw new Failure("internal", `${node}/${desk} answers ${answer}, not 7`);
    }
  }
}

const officeOf = (node: string) => ({ node, path: "/office" });

const clerkAt = ({ system }: SimulatedHost, node: string, desk: string): Ref<Clerk> =>
  system.refTo(Clerk, { node, path: `/office/${desk}` });

export function pick<T>(chance: Chance, items: readonly T[]): T {
  const item = chance.pick(items);
  if (item === undefined) throw new RangeError("there is something to pick from");
  return item;
}
