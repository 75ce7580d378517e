// Pure. The keys of `config.json` that one kind of work reads, beside those of every model.
import Type, { type Static, type TProperties } from "typebox";
import type { WorkKind } from "#protocols/tasks/work-kinds.ts";
import { fillerKeys } from "../fillers/filler-config.ts";

const Three = Type.Tuple([Type.Number(), Type.Number(), Type.Number()]);
/** What is divided by. */
const Deviation = Type.Number({ minimum: 1e-6 });

const cutoutKeys = {
  /** Of a network that takes any size. */
  side: Type.Optional(Type.Integer({ minimum: 32, maximum: 4_096 })),
  /** Of red, green and blue, after they were brought to 0 to 1. */
  means: Type.Optional(Three),
  deviations: Type.Optional(Type.Tuple([Deviation, Deviation, Deviation])),
  /** The network answers with what a sigmoid is still to be taken of. */
  hasLogits: Type.Optional(Type.Boolean()),
  channelOrder: Type.Optional(Type.Enum(["rgb", "bgr"])),
};
export const CutoutConfig = Type.Object(cutoutKeys);
export type CutoutConfig = Static<typeof CutoutConfig>;

const upscaleKeys = {
  /** Side of what is run at a time, where the network takes any size; 512 by default. */
  tile: Type.Optional(Type.Integer({ minimum: 16, maximum: 4_096 })),
  /** Pixels of its neighbours that a tile is shown with; 10 by default. */
  tileRim: Type.Optional(Type.Integer({ minimum: 0, maximum: 256 })),
};
export const UpscaleConfig = Type.Object(upscaleKeys);
export type UpscaleConfig = Static<typeof UpscaleConfig>;

const faceKeys = {
  /** What a network with an input `weight` is given there; 0.5 by default. */
  weight: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
};
export const FaceConfig = Type.Object(faceKeys);

/** Of the whole file, and of each input and output in it. */
export interface KeysOfKind {
  readonly model: TProperties;
  readonly input: TProperties;
  readonly output: TProperties;
}

const only = (model: TProperties): KeysOfKind => ({ model, input: {}, output: {} });

/** Whoever adds a key to a kind of work adds it here: what is not here is refused. */
export const keysOfKinds: Readonly<Record<WorkKind, KeysOfKind>> = {
  inpaint: fillerKeys,
  "remove-background": only(cutoutKeys),
  "anime-segment": only(cutoutKeys),
  upscale: only(upscaleKeys),
  "restore-face": only(faceKeys),
  "segment-by-clicks": only({}),
  "make-gif": only({}),
  "detect-text": only({}),
};
