// `troupe skills`: which skills there are, what each rests on and who has it; and the register's changes.
import type { Command } from "commander";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { AddCommand } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { formatTable } from "./table.ts";

const Listed = Type.Object({
  skills: Type.Array(
    Type.Object({
      skill: Type.String(),
      isRegistered: Type.Boolean(),
      version: Type.Union([Type.String(), Type.Null()]),
      dependsOn: Type.Array(Type.String()),
      nodes: Type.Array(
        Type.Object({
          node: Type.String(),
          status: Type.String(),
          level: Type.Number(),
          missing: Type.Array(Type.String()),
        }),
      ),
    }),
  ),
});
type Skills = Static<typeof Listed>["skills"];
type Holder = Skills[number]["nodes"][number];
const listedCheck = Compile(Listed);

interface ListOptions {
  readonly url: string;
  readonly level?: string;
  readonly json?: true;
}

interface PutOptions {
  readonly url: string;
  readonly needs: readonly string[];
  readonly description?: string;
  readonly revision?: string;
}

const examples = `
A worker that lacks what a skill rests on is taken not to have the skill. Changes count from the next claim
on, and are made on the gateway's machine only.

Examples:
  troupe skills
  troupe skills --level 0.5
  troupe skills put detect-text
  troupe skills put ocr --needs detect-text --description "reads text"
  troupe skills drop ocr`;

const collect = (word: string, before: readonly string[]): readonly string[] => [...before, word];

export const addSkillsCommand: AddCommand = ({ program, io }) => {
  const skills = program
    .command("skills")
    .description("show who has which skill, and change what skills rest on")
    .option("--level <level>", "only nodes that have it at least so well, from 0 to 1")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .action(async ({ url, level, json }: ListOptions) => {
      const client = new GatewayClient(url);
      const query = level === undefined ? "" : `?${new URLSearchParams({ level })}`;
      const answer = await client.get(`api/v1/skills${query}`);
      if (!listedCheck.Check(answer)) {
        throw new Failure("invalid", `${client.url} does not answer like a gateway of Troupe`);
      }
      io.out(json ? `${JSON.stringify(answer, null, 2)}\n` : describeSkills(answer.skills));
    });
  addPut(skills, io);
  addDrop(skills, io);
};

function addPut(skills: Command, io: CommandIo): void {
  skills
    .command("put")
    .description("register a skill, in the place of what was registered under its name")
    .argument("<skill>", "the skill")
    .option("--needs <skill>", "a registered skill that it rests on; may be repeated", collect, [])
    .option("--description <words>", "what it is, for people")
    .option("--revision <words>", "its version, for people")
    .addHelpText("after", "\nExamples:\n  troupe skills put ocr --needs detect-text")
    .action(async (skill: string, _: PutOptions, command: Command) => {
      const { url, needs, description, revision } = command.optsWithGlobals<PutOptions>();
      await new GatewayClient(url).order(`api/v1/skills/${encodeURIComponent(skill)}/put`, {
        dependsOn: needs,
        ...(description === undefined ? {} : { description }),
        ...(revision === undefined ? {} : { version: revision }),
      });
      const ties = needs.length === 0 ? "nothing" : needs.join(", ");
      io.out(`${skill} is registered, and rests on ${ties}\n`);
    });
}

function addDrop(skills: Command, io: CommandIo): void {
  skills
    .command("drop")
    .description("forget a registered skill that no other rests on")
    .argument("<skill>", "the skill")
    .addHelpText("after", "\nWho has it goes on having it.\n\nExamples:\n  troupe skills drop ocr")
    .action(async (skill: string, _: object, command: Command) => {
      const { url } = command.optsWithGlobals<{ readonly url: string }>();
      await new GatewayClient(url).order(`api/v1/skills/${encodeURIComponent(skill)}/drop`, {});
      io.out(`${skill} is no longer registered: who has it has it, whatever else it has\n`);
    });
}

function describeSkills(skills: Skills): string {
  if (skills.length === 0) return "no skill is registered, and no node has one\n";
  const rows = skills.map(({ skill, isRegistered, version, dependsOn, nodes }) => [
    skill,
    isRegistered ? (version ?? "-") : "not registered",
    dependsOn.join(", "),
    nodes
      .filter(({ missing }) => missing.length === 0)
      .map(holderText)
      .join(", ") || "nobody",
  ]);
  const table = formatTable(["SKILL", "VERSION", "RESTS ON", "WHO HAS IT"], rows);
  const notes = skills.flatMap(({ skill, nodes }) =>
    nodes
      .filter(({ missing }) => missing.length > 0)
      .map(({ node, missing }) => `${node} has ${skill}, but lacks ${missing.join(", ")}`),
  );
  return `${[table, ...(notes.length > 0 ? ["", ...notes] : [])].join("\n")}\n`;
}

const holderText = ({ level, node, status }: Holder): string => {
  const known = level === 1 ? node : `${node} at ${level}`;
  return status === "online" || status === "busy" ? known : `${known} (${status})`;
};
