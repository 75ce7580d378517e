// Bytes that belong to the store alone: neither who gave them nor who gets them can change them there.
import type { StoreCommand, StoreMethod, StoreValue } from "../backend.ts";
import { carriedCheckpoint } from "../carried-checkpoint.ts";

/** The command, with copies of the bytes that the store keeps of it. */
export const ownCommand = (command: StoreCommand): StoreCommand =>
  bringsBytes(command) ? structuredClone(command) : command;

/** The answer to such a command, with copies of the store's bytes. */
export const ownAnswer = (
  method: StoreMethod,
  answer: StoreValue<StoreMethod>,
): StoreValue<StoreMethod> =>
  method === "claim" || method === "outcome" ? structuredClone(answer) : answer;

function bringsBytes(command: StoreCommand): boolean {
  switch (command.method) {
    case "submit":
      return command.args[0].inputs.length > 0;
    case "complete":
      return command.args[0].result.files.length > 0;
    default:
      return carriedCheckpoint(command) !== undefined;
  }
}
