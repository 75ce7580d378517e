// Pure. Tells from a network's inputs and outputs how it wants its pictures. Names do not matter,
// unless the shapes leave open which input is the mask:
//
//   image-and-mask   float32 [1,3,H,W] and [1,1,H,W] to float32 [1,3,H,W]      LaMa
//   four-channel     float32 [1,4,H,W] to float32 [1,3,H,W]                    LaMa, image blanked
//   pipeline         uint8 [1,3,H,W] and [1,1,H,W] to uint8 [1,3,H,W]          MI-GAN
//   pixels           uint8 [1,H,W,3] and [1,H,W,1] to uint8 [1,H,W,3]          the built-in model
//
// RGB in planes, but for `pixels`, which is how a picture lies in memory; 0 to 1 (bytes: 0 to 255). H and W are both fixed or both open; the batch is 1 or
// open. What inputs and outputs cannot tell is what `config.json` is asked for: where the holes of a
// mask are its zeros, and whether an output goes up to 1 or to 255.
import { Failure } from "#protocols/failure.ts";
import type { TensorPort } from "../engine/network.ts";
import type { PadRule, Size } from "../inpaint/padding.ts";
import type { FillerConfig } from "./filler-config.ts";

interface FormBase {
  readonly output: string;
  /** The only size that the network takes, or undefined when it takes any. */
  readonly size: Size | undefined;
}

/** The sample of the output that stands for white; undefined: it has to be measured. */
export type Light = 1 | 255;

export interface ImageAndMaskForm extends FormBase {
  readonly kind: "image-and-mask";
  readonly image: string;
  readonly mask: string;
  /** The sample of the mask that stands for a hole. */
  readonly hole: 0 | 1;
  readonly light: Light | undefined;
}

export interface FourChannelForm extends FormBase {
  readonly kind: "four-channel";
  readonly input: string;
  readonly light: Light | undefined;
}

export interface PipelineForm extends FormBase {
  readonly kind: "pipeline";
  readonly image: string;
  readonly mask: string;
  /** 1 stands for 255. */
  readonly hole: 0 | 1;
}

/** A pipeline whose pixels have their channels side by side. */
export interface PixelsForm extends Omit<PipelineForm, "kind"> {
  readonly kind: "pixels";
}

export type ModelForm = ImageAndMaskForm | FourChannelForm | PipelineForm | PixelsForm;

export interface Signature {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  /** As of a `Network`. */
  readonly overlapMax?: number;
  readonly platform?: string;
}

/** Fails with `model_failed`, naming the tensor, what it should be and what it is. */
export function formOf(signature: Signature, config: FillerConfig): ModelForm {
  refuseUnknownNames(signature, config);
  const { inputs } = signature;
  const [first, second] = inputs;
  if (inputs.length === 1 && first) return fourChannelForm(first, signature, config);
  if (inputs.length === 2 && first && second) {
    const mask = maskOf(first, second);
    return twoInputForm({ image: mask === first ? second : first, mask }, signature, config);
  }
  const seen = inputs.map(asText).join(", ") || "none";
  throw new Failure(
    "model_failed",
    `its inputs are ${seen}; expected an image and a mask, or one input of 4 channels`,
  );
}

/** Where `config.json` says nothing: multiples that networks of this form are known to need. */
export function paddingOf(form: ModelForm, config: FillerConfig): PadRule {
  if (config.padding) return config.padding;
  if (form.size) {
    // Small pictures are continued rather than enlarged, and no picture is distorted.
    const { width, height } = form.size;
    return { multiple: 1, sizeMin: Math.max(width, height), isSquare: width === height };
  }
  const multiples = { "image-and-mask": 8, "four-channel": 32, pipeline: 1, pixels: 1 } as const;
  return { multiple: multiples[form.kind], sizeMin: 0, isSquare: false };
}

function fourChannelForm(
  input: TensorPort,
  signature: Signature,
  config: FillerConfig,
): FourChannelForm {
  const size = checkPort("input", input, { type: "float32", channels: 4 });
  refuseRange("input", input, { range: config.inputs?.[input.name]?.range, white: 1 });
  const output = outputOf(signature, "float32");
  const light = config.outputs?.[output.name]?.range?.[1];
  return { kind: "four-channel", input: input.name, output: output.name, size, light };
}

function twoInputForm(
  { image, mask }: { readonly image: TensorPort; readonly mask: TensorPort },
  signature: Signature,
  config: FillerConfig,
): ImageAndMaskForm | PipelineForm | PixelsForm {
  const type = image.type === "uint8" ? "uint8" : "float32";
  const white = type === "uint8" ? 255 : 1;
  const layout = type === "uint8" && isOfPixels(image) ? "pixels" : "planes";
  const size = checkPort("input", image, { type, channels: 3, layout });
  refuseRange("input", image, { range: config.inputs?.[image.name]?.range, white });
  const maskSize = checkPort("input", mask, { type, channels: 1, layout });
  refuseRange("input", mask, { range: config.inputs?.[mask.name]?.range, white });
  if (size?.width !== maskSize?.width || size?.height !== maskSize?.height) {
    const seen = `input ${asText(mask)} has not the size of input ${asText(image)}`;
    throw new Failure("model_failed", `${seen}; expected the same width and height`);
  }
  const output = outputOf(signature, type, layout);
  const range = config.outputs?.[output.name]?.range;
  const names = { image: image.name, mask: mask.name, output: output.name, size };
  const hole = config.inputs?.[mask.name]?.hole;
  if (type === "float32") {
    return { kind: "image-and-mask", ...names, hole: hole === 0 ? 0 : 1, light: range?.[1] };
  }
  refuseRange("output", output, { range, white });
  const kind = layout === "pixels" ? "pixels" : "pipeline";
  return { kind, ...names, hole: hole === 1 ? 1 : 0 };
}

/** Whether the channels of a picture stand last. */
const isOfPixels = ({ shape }: TensorPort): boolean => shape[3] === 3 && shape[1] !== 3;

/** The input of one channel; where channels are open, the one that is called so, or the second. */
const maskOf = (first: TensorPort, second: TensorPort): TensorPort => {
  const both = [first, second];
  const image = both.find((port) => port.shape[1] === 3 || isOfPixels(port));
  if (image) return image === first ? second : first;
  return (
    both.find(({ shape }) => shape[1] === 1) ??
    both.find(({ name }) => name.toLowerCase().includes("mask")) ??
    second
  );
};

/** The first output that `config.json` names, or else the first. Its size is read from each answer:
 * exporters leave that of their sample picture in the file. */
function outputOf(
  { outputs }: Signature,
  type: string,
  layout: "planes" | "pixels" = "planes",
): TensorPort {
  const [output] = outputs;
  if (!output) throw new Failure("model_failed", "it has no output; expected one image");
  checkPort("output", output, { type, channels: 3, layout });
  return output;
}

/** The size that a picture's tensor fixes; undefined: any. Fails with `model_failed`. */
export function checkPort(
  side: "input" | "output",
  port: TensorPort,
  of: {
    readonly type: string;
    readonly channels: number;
    /** `planes` by default. */
    readonly layout?: "planes" | "pixels";
  },
): Size | undefined {
  const { type, channels, layout = "planes" } = of;
  const [batch = -1, ...sides] = port.shape;
  const [depth = -1, height = -1, width = -1] =
    layout === "planes" ? sides : [sides[2] ?? -1, sides[0] ?? -1, sides[1] ?? -1];
  // Without a shape the file leaves everything open.
  const isPicture = port.shape.length === 4 || port.shape.length === 0;
  const fits = (seen: number | string, wanted: number) => isOpen(seen) || seen === wanted;
  const isSized = isOpen(height) === isOpen(width);
  const isRight = isPicture && isSized && fits(batch, 1) && fits(depth, channels);
  if (port.type !== type || !isRight) {
    const shape = layout === "planes" ? `${channels},height,width` : `height,width,${channels}`;
    const wanted = `${type} [1,${shape}]`;
    throw new Failure("model_failed", `${side} ${asText(port)}; expected ${wanted}`);
  }
  if (isOpen(height) || isOpen(width)) return undefined;
  return { width: Number(width), height: Number(height) };
}

function refuseRange(
  side: "input" | "output",
  port: TensorPort,
  { range, white }: { readonly range: readonly number[] | undefined; readonly white: number },
): void {
  if (!range || range[1] === white) return;
  const seen = `config.json gives ${side} ${port.name} of type ${port.type} the range ${range.join(" to ")}`;
  throw new Failure("model_failed", `${seen}; expected 0 to ${white}`);
}

function refuseUnknownNames(signature: Signature, config: FillerConfig): void {
  for (const side of ["inputs", "outputs"] as const) {
    const names = signature[side].map(({ name }) => name);
    const unknown = Object.keys(config[side] ?? {}).find((name) => !names.includes(name));
    if (unknown === undefined) continue;
    const seen = `config.json names ${unknown} among the ${side}`;
    throw new Failure("model_failed", `${seen}; the model's ${side} are ${names.join(", ")}`);
  }
}

const isOpen = (side: number | string): boolean => typeof side === "string" || side < 1;

const asText = ({ name, type, shape }: TensorPort): string => `${name} is ${type} [${shape}]`;
