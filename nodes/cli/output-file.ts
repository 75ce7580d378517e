// Where a result is to be written, looked at before anything is sent: what cannot be kept is not asked for.
// A picture's name says what is in it: who wants another format converts it, and says how.
import { closeSync, constants, existsSync, openSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import {
  contentTypeOf,
  type OutputFormat,
  outputFormatFor,
  sniffFormat,
} from "#actors/inference/engine/image-format.ts";
import { Failure } from "#protocols/failure.ts";

export interface OutputFile {
  /** That named it, to be told; none: it was not named. */
  readonly option?: string;
  readonly file: string;
  /** Undefined: nobody knows before it is there. */
  readonly format?: OutputFormat | undefined;
}

const formats: ReadonlyMap<string, OutputFormat | "other"> = new Map([
  ...([".jpg", ".jpeg", ".jpe", ".jfif"] as const).map((one) => [one, "jpeg"] as const),
  ...([".tif", ".tiff"] as const).map((one) => [one, "tiff"] as const),
  ...(["png", "webp", "gif"] as const).map((one) => [`.${one}`, one] as const),
  ...([".avif", ".bmp", ".heic", ".svg", ".pdf"] as const).map((one) => [one, "other"] as const),
]);

const outputFormats: readonly OutputFormat[] = ["jpeg", "png", "webp", "gif", "tiff"];
const extensions: Readonly<Record<OutputFormat, string>> = {
  ...{ jpeg: ".jpg", png: ".png", webp: ".webp", gif: ".gif", tiff: ".tif" },
};

/** The format in which a picture comes back; undefined when it is none that the cluster reads. */
export function ownFormat(picture: Uint8Array): OutputFormat | undefined {
  const format = sniffFormat(picture);
  return format === undefined ? undefined : outputFormatFor(format);
}

/** What is there already is going to be replaced. Fails with `invalid`. */
export function refuseUnfit({ option, file, format }: OutputFile): void {
  const named = option === undefined ? "" : ` with ${option}`;
  const entry = statSync(file, { throwIfNoEntry: false });
  if (entry?.isDirectory()) {
    throw new Failure("invalid", `${file} is a folder: name a file in it${named || " with --out"}`);
  }
  if (isOtherThan(file, format)) {
    const { dir, name, ext } = path.parse(file);
    const fitting = path.join(dir, name + extensions[format ?? "png"]);
    const detail = `${file} would hold ${format?.toUpperCase()}, not what ${ext} says: name it ${fitting}`;
    throw new Failure("invalid", detail);
  }
  const folder = path.dirname(file);
  if (entry === undefined && !existsSync(folder)) {
    throw new Failure("invalid", `cannot write ${file}: there is no folder ${folder}; make it`);
  }
  // A pipe or a device is what it is.
  if (entry === undefined || entry.isFile()) tryToWrite(file, entry !== undefined);
}

/** The name for what came after all: one that says another format gets its own behind it. */
export function fittingPath(file: string, contentType: string): string {
  const said = contentType.split(";")[0]?.trim();
  const format = outputFormats.find((one) => contentTypeOf(one) === said);
  return format !== undefined && isOtherThan(file, format) ? file + extensions[format] : file;
}

function isOtherThan(file: string, format: OutputFormat | undefined): boolean {
  const said = formats.get(path.extname(file).toLowerCase());
  return format !== undefined && said !== undefined && said !== format;
}

/** Nothing of it is left, and what is there keeps its bytes. */
function tryToWrite(file: string, isThere: boolean): void {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  try {
    closeSync(openSync(file, isThere ? O_WRONLY : O_WRONLY | O_CREAT | O_EXCL, 0o666));
  } catch (cause) {
    // A link that leads nowhere yet: what it leads to is made when it is written.
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("invalid", `cannot write ${file}: ${why}`, cause);
  }
  if (!isThere) rmSync(file, { force: true });
}
