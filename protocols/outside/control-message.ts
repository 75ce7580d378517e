// What a client from outside says to the control channel, in JSON or MessagePack, and what it hears.
//
//   { "command": "PING", … }         ──► how it ended: a `ControlAnswer`
//   { "find": "id" }                 ──► { "found": what is kept of that command, or null }
//   { "history": "node", "limit": 9 } ──► { "history": [newest, …] }; null: of all nodes, and of none
//   anything else                    ──► an answer with the status "refused"
//
// Each may bear a `key`; its other members are those of `ControlRequest`.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { controlLimits } from "../control-limits.ts";
import { Failure } from "../failure.ts";
import { CommandId, CommandName, ControlRequest } from "../tasks/control.ts";
import { Moment, NodeName } from "../tasks/record-fields.ts";
import { type ValueProblem, valueMisfit } from "../value-misfit.ts";

const closed = { additionalProperties: false } as const;
const Key = Type.Optional(Type.String({ minLength: 1, maxLength: 256 }));

export const OutsideCommand = Type.Object({ ...ControlRequest.properties, key: Key }, closed);
export const OutsideFind = Type.Object({ find: CommandId, key: Key }, closed);
export const OutsideHistory = Type.Object(
  {
    history: Type.Union([NodeName, Type.Null()]),
    before: Type.Optional(Moment),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: controlLimits.historyPageMax })),
    key: Key,
  },
  closed,
);

export type OutsideRequest =
  | { readonly kind: "command"; readonly key?: string; readonly request: ControlRequest }
  | { readonly kind: "find"; readonly key?: string; readonly commandId: string }
  | {
      readonly kind: "history";
      readonly key?: string;
      readonly page: { readonly node?: string; readonly before?: number; readonly limit: number };
    };

const commands = Compile(OutsideCommand);
const finds = Compile(OutsideFind);
const histories = Compile(OutsideHistory);
const ids = Compile(CommandId);
const names = Compile(CommandName);
const historyPageDefault = 20;

/** Fails with `invalid`, naming the member that is wrong. */
export function outsideRequest(message: unknown): OutsideRequest {
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new Failure("invalid", 'a message is a map, for example { "command": "PING" }');
  }
  if ("command" in message) {
    if (!commands.Check(message)) throw misfit(commands.Errors(message), message, OutsideCommand);
    const { key, ...request } = message;
    return { kind: "command", request, ...keyed(key) };
  }
  if ("find" in message) {
    if (!finds.Check(message)) throw misfit(finds.Errors(message), message, OutsideFind);
    return { kind: "find", commandId: message.find, ...keyed(message.key) };
  }
  if ("history" in message) {
    if (!histories.Check(message)) throw misfit(histories.Errors(message), message, OutsideHistory);
    return { kind: "history", page: pageOf(message), ...keyed(message.key) };
  }
  throw new Failure("invalid", "a message has one of the members command, find and history");
}

const keyed = (key: string | undefined) => (key === undefined ? {} : { key });

const pageOf = ({
  history,
  before,
  limit = historyPageDefault,
}: Static<typeof OutsideHistory>) => ({
  limit,
  ...(history === null ? {} : { node: history }),
  ...(before === undefined ? {} : { before }),
});

function misfit(
  problems: readonly ValueProblem[],
  message: object,
  schema: { readonly properties: object },
): Failure {
  const members = Object.keys(schema.properties).join(", ");
  const text = `the message cannot be taken: ${valueMisfit(problems, message, schema)} (members: ${members})`;
  return new Failure("invalid", text);
}

/** What a message that makes no sense says of itself, so that its answer can be told from others. */
export function namedIn(message: unknown): {
  readonly commandId: string;
  readonly command: string;
} {
  const { commandId, command } = Object.assign({ commandId: "", command: "" }, message);
  return {
    commandId: ids.Check(commandId) ? commandId : "",
    command: names.Check(command) ? command : "",
  };
}
