// What is said on the command line of a removal of text, and settles it with the cluster.
import { type Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "#protocols/failure.ts";
import {
  checkOffered,
  type TextRemoval,
  textDetectorDefault,
} from "#protocols/outside/text-removal.ts";
import {
  type TextDetection,
  type TextDetectionKey,
  textDetectionKeys,
  textDetectionOf,
  textDetectionTerms,
} from "#protocols/tasks/text-detection.ts";
import { type RepairStrategy, repairStrategies } from "./batch/repair-terms.ts";
import type { GatewayClient } from "./gateway-client.ts";

export interface WantedRemoval extends Partial<TextDetection> {
  /** Default: the gateway's. */
  readonly model?: string;
  readonly detector: string;
  readonly strategy?: RepairStrategy;
}

const descriptions: Readonly<Record<TextDetectionKey, string>> = {
  threshold: "least probability of a point to be text",
  boxThreshold: "least mean probability in a box",
  unclipRatio: "how much a box grows",
  dilation: "how far the mask reaches beyond a box, as a share of its shorter side",
  limitSide: "pixels of the longer side under which text is looked for",
};

export function addRemovalWords(command: Command): Command {
  command
    .option("--model <name>", "model that fills the holes (default: the gateway's)")
    .option("--detector <name>", "model that finds the text", textDetectorDefault)
    .addOption(new Option("--strategy <word>", "of large pictures").choices([...repairStrategies]));
  for (const key of textDetectionKeys) {
    const word = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const { fallback } = textDetectionTerms[key];
    const description = `${descriptions[key]} (default: ${fallback})`;
    command.option(`--${word} <number>`, description, (text: string) => numberOf(key, text));
  }
  return command;
}

function numberOf(key: TextDetectionKey, text: string): number {
  try {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    return textDetectionOf({ [key]: Number.isNaN(value) ? text : value })[key];
  } catch (cause) {
    throw new InvalidArgumentError(Failure.of(cause).detail);
  }
}

/**
 * Both models are always named, so that a key says what was asked for. Fails with `unavailable` when no
 * worker offers one of them, saying what to do, or when the cluster is not there.
 */
export async function agreedRemoval(
  client: Pick<GatewayClient, "status">,
  wanted: WantedRemoval,
): Promise<TextRemoval> {
  const { detector, strategy } = wanted;
  const { model: usual, models } = await client.status();
  const removal = {
    ...{ model: wanted.model ?? usual, detector },
    detection: Object.fromEntries(
      textDetectionKeys.flatMap((key) => (wanted[key] === undefined ? [] : [[key, wanted[key]]])),
    ),
    repair: strategy === undefined ? {} : { hdStrategy: strategy },
  };
  if (models !== undefined) checkOffered(removal, models);
  return removal;
}
