// The HTTP interface of Lama Cleaner 1.2 as far as both sides must agree on it: model names, form
// fields with their types and defaults, and the error pages. Scripts written for that server work here.
//
// Fields are read as its schema reads them (pydantic over text), but only the two files are
// required: each release required other fields, and the scripts written for each are still about.
import type { TaskParameters } from "../tasks/task-parameters.ts";

/** The names that its page knows. Told any other name, the page never sends a repair. */
export const knownModels = [
  "lama",
  "ldm",
  "zits",
  "mat",
  "fcf",
  "sd1.5",
  "anything4",
  "realisticVision1.4",
  "cv2",
  "manga",
  "sd2",
  "paint_by_example",
  "instruct_pix2pix",
] as const;

const known: ReadonlySet<string> = new Set(knownModels);

export const isKnownModel = (name: string): boolean => known.has(name);

/**
 * The name under which a model is announced: its own when old pages know it, else `lama`. Pages of
 * that time look up settings by the name and break on one that they do not know; `lama` makes them
 * offer plain erasing, which is what any model here does.
 */
export const announcedName = (model: string): string => (isKnownModel(model) ? model : "lama");

/**
 * What `GET /server_config` answers: keys in alphabetical order, compact, with a line end. Told a plugin
 * that it does not know, the page goes blank.
 */
export const serverConfigText = (plugins: readonly string[]): string =>
  `${JSON.stringify({
    controlNetMethod: "control_v11p_sd15_canny",
    enableFileManager: false,
    isControlNet: false,
    isDisableModelSwitchState: false,
    isEnableAutoSaving: false,
    plugins,
  })}\n`;

type FieldKind = "int" | "float" | "bool" | "text";
type FieldValue = string | number | boolean;

interface FormField {
  readonly kind: FieldKind;
  /** `null`: stays out of the parameters when the form does not have it. */
  readonly standard: FieldValue | null;
}

const field = (kind: FieldKind, standard: FieldValue | null): FormField => ({ kind, standard });

/** Every text field of `POST /inpaint`. Parameters of the task bear the same names. */
export const inpaintFields: Readonly<Record<string, FormField>> = {
  hdStrategy: field("text", "Crop"),
  hdStrategyCropMargin: field("int", 196),
  hdStrategyCropTrigerSize: field("int", 800),
  hdStrategyResizeLimit: field("int", 2048),
  ldmSteps: field("int", 25),
  ldmSampler: field("text", "plms"),
  zitsWireframe: field("bool", true),
  prompt: field("text", ""),
  negativePrompt: field("text", ""),
  useCroper: field("bool", false),
  croperX: field("int", null),
  croperY: field("int", null),
  croperHeight: field("int", null),
  croperWidth: field("int", null),
  sdScale: field("float", 1),
  sdMaskBlur: field("int", 0),
  sdStrength: field("float", 0.75),
  sdSteps: field("int", 50),
  sdGuidanceScale: field("float", 7.5),
  sdSampler: field("text", "uni_pc"),
  sdSeed: field("int", 42),
  sdMatchHistograms: field("bool", false),
  cv2Flag: field("text", "INPAINT_NS"),
  cv2Radius: field("int", 4),
  paintByExampleSteps: field("int", 50),
  paintByExampleGuidanceScale: field("float", 7.5),
  paintByExampleSeed: field("int", 42),
  paintByExampleMaskBlur: field("int", 0),
  paintByExampleMatchHistograms: field("bool", false),
  p2pSteps: field("int", 50),
  p2pImageGuidanceScale: field("float", 1.5),
  p2pGuidanceScale: field("float", 7.5),
  controlnet_conditioning_scale: field("float", 0.4),
  controlnet_method: field("text", "control_v11p_sd15_canny"),
};

export type FieldsRead =
  | { readonly kind: "parameters"; readonly parameters: TaskParameters }
  | { readonly kind: "refused"; readonly field: string; readonly text: string };

/** Reads the text fields of a form; unknown ones are ignored, absent ones get their default. */
export function readInpaintFields(texts: ReadonlyMap<string, string>): FieldsRead {
  const parameters: Record<string, FieldValue> = {};
  for (const [name, { kind, standard }] of Object.entries(inpaintFields)) {
    const text = texts.get(name);
    const value = text === undefined ? standard : coerce(kind, text);
    if (value === undefined) return { kind: "refused", field: name, text: text ?? "" };
    if (value !== null) parameters[name] = value;
  }
  // Any other word means the whole image, as it does in the original server.
  if (!strategies.includes(parameters["hdStrategy"])) parameters["hdStrategy"] = "Original";
  return { kind: "parameters", parameters };
}

const strategies: readonly unknown[] = ["Crop", "Resize", "Original"];

function coerce(kind: FieldKind, text: string): FieldValue | undefined {
  switch (kind) {
    case "text":
      return text.length <= textLengthMax ? text : undefined;
    case "bool":
      return booleans.get(text.toLowerCase());
    case "int":
      return integerPattern.test(text) ? finite(text, Number.isSafeInteger) : undefined;
    case "float":
      return floatPattern.test(text) ? finite(text, Number.isFinite) : undefined;
    default:
      return kind satisfies never;
  }
}

/** Characters of a text parameter of a task. */
const textLengthMax = 16_384;
// What Python's int() and float() take, without the infinities, which no parameter can mean.
const integerPattern = /^\s*[+-]?\d+(_\d+)*\s*$/;
const floatPattern = /^\s*[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+)?\s*$/i;

function finite(text: string, accepts: (value: number) => boolean): number | undefined {
  const value = Number(text.trim().replaceAll("_", ""));
  return accepts(value) ? value : undefined;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["1", "on", "t", "true", "y", "yes"].map((word) => [word, true] as const),
  ...["0", "off", "f", "false", "n", "no"].map((word) => [word, false] as const),
]);

/** The seed that `-1` stands for is drawn from 1 to this. */
export const seedMax = 999_999_999;

/** The body that a status without a text of its own has, byte for byte. */
export const errorPage = (status: 400 | 404 | 405 | 500): string => {
  const [title, text] = errorTexts[status];
  return `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`;
};

const errorTexts = {
  400: [
    "Bad Request",
    "The browser (or proxy) sent a request that this server could not understand.",
  ],
  404: [
    "Not Found",
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
  ],
  405: ["Method Not Allowed", "The method is not allowed for the requested URL."],
  500: [
    "Internal Server Error",
    "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.",
  ],
} as const;
