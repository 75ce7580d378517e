// What a model can be for. A task whose type is one of these is work on pictures; what tasks of other types
// bring along is their own affair.
export const workKinds = [
  "inpaint",
  "remove-background",
  "anime-segment",
  "upscale",
  "restore-face",
  "segment-by-clicks",
  "make-gif",
  "detect-text",
] as const;
export type WorkKind = (typeof workKinds)[number];
