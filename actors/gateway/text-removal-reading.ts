// From a form to the removal of text that it asks for: the file `image`, and fields by the names of the
// detection's and the repair's parameters. A field that is none is refused, since it would do nothing.
import { Failure } from "#protocols/failure.ts";
import { type TextRemoval, textDetectorDefault } from "#protocols/outside/text-removal.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { textDetectionKeys, textDetectionOf } from "#protocols/tasks/text-detection.ts";
import type { HttpRequest } from "./http-message.ts";
import { readForm } from "./multipart.ts";
import { inputOf } from "./task-order-reading.ts";

/** Longer than any side of a picture that is taken. */
const sideMax = 65_535;

/** What fills the holes: words to choose from, or whole numbers. The original takes any, and guesses. */
const repairTerms: Readonly<Record<string, readonly string[] | WholeTerms>> = {
  hdStrategy: ["Crop", "Resize", "Original"],
  hdStrategyCropMargin: { min: 0, max: sideMax },
  hdStrategyCropTrigerSize: { min: 0, max: sideMax },
  hdStrategyResizeLimit: { min: 1, max: sideMax },
  cv2Flag: ["INPAINT_NS", "INPAINT_TELEA"],
  cv2Radius: { min: 1, max: 100 },
};
interface WholeTerms {
  readonly min: number;
  readonly max: number;
}

const known: ReadonlySet<string> = new Set([
  ...["model", "detector", ...textDetectionKeys, ...Object.keys(repairTerms)],
]);

export interface TextRemovalRead {
  readonly removal: TextRemoval;
  readonly image: TaskFile;
}

/** `model`: of repairs that name none. Fails with `invalid` and `too_large`. */
export function textRemovalIn(request: HttpRequest, model: string): TextRemovalRead {
  const form = readForm(request.headers.get("content-type"), request.body);
  const image = form?.files.get("image");
  if (!form || !image || image.bytes.byteLength === 0) {
    throw new Failure("invalid", 'send a form (multipart/form-data) with the picture as "image"');
  }
  const { texts } = form;
  const strange = [...texts.keys()].find((name) => !known.has(name));
  if (strange !== undefined) {
    const names = [...known].join(", ");
    throw new Failure("invalid", `the field "${strange.slice(0, 64)}" is none of: ${names}`);
  }
  const removal = {
    model: nameIn(texts, "model") ?? model,
    detector: nameIn(texts, "detector") ?? textDetectorDefault,
    detection: detectionIn(texts),
    repair: repairIn(texts),
  };
  return { removal, image: inputOf("image", image) };
}

type Texts = ReadonlyMap<string, string>;

function nameIn(texts: Texts, key: "model" | "detector"): string | undefined {
  const name = texts.get(key);
  if (name === undefined || (name.length > 0 && name.length <= 64)) return name;
  throw new Failure("invalid", `${key} has ${name.length} characters; send 1 to 64`);
}

/** Those that the form has. What is no number stays the text that it is, and is refused as such. */
function detectionIn(texts: Texts): TaskParameters {
  const said = Object.fromEntries(
    textDetectionKeys.flatMap((key) => {
      const text = texts.get(key)?.trim();
      return text === undefined
        ? []
        : [[key, Number.isNaN(numberIn(text)) ? text : numberIn(text)]];
    }),
  );
  textDetectionOf(said);
  return said;
}

const numberIn = (text: string): number => (text === "" ? Number.NaN : Number(text));

/** Those that the form has. */
const repairIn = (texts: Texts): TaskParameters =>
  Object.fromEntries(
    Object.entries(repairTerms).flatMap(([key, terms]) => {
      const text = texts.get(key)?.trim();
      return text === undefined ? [] : [[key, repairValue(key, text, terms)]];
    }),
  );

function repairValue(
  key: string,
  text: string,
  terms: readonly string[] | WholeTerms,
): string | number {
  const seen = `${key} is "${text.slice(0, 64)}"`;
  if (!("min" in terms)) {
    if (terms.includes(text)) return text;
    throw new Failure("invalid", `${seen}; send ${terms.join(" or ")}`);
  }
  const { min, max } = terms;
  const value = numberIn(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Failure("invalid", `${seen}; send a whole number from ${min} to ${max}`);
}
