// OpenCV, compiled to WebAssembly. Loaded when it is first asked for: its file has 7.7 MB, and the
// memory it computes in has 128 MiB from the start, grows to at most 2 GiB and never shrinks.
import { Failure } from "#protocols/failure.ts";
import type { Raster } from "../inpaint/raster.ts";

export interface OpenCvInpainting {
  readonly flag: "INPAINT_NS" | "INPAINT_TELEA";
  /** In pixels, 1 to 100. */
  readonly radius: number;
}

export interface OpenCv {
  /**
   * The image with its holes filled from around them. Blocks the thread while it runs. Fails with
   * `model_failed` when memory runs out; the next call works again.
   */
  inpaint(image: Raster, mask: Raster, how: OpenCvInpainting): Raster;
}

/** Loads it once more at each call. Fails with `model_failed`. */
export async function loadOpenCv(): Promise<OpenCv> {
  const before = failureListeners();
  const loaded: unknown = await import("@techstark/opencv-js");
  const library = property(loaded, "default");
  await initialised(library);
  // It would end the process at any failure that nobody awaits yet.
  const { exceptions, rejections } = failureListeners();
  for (const listener of exceptions) {
    if (!before.exceptions.includes(listener)) process.off("uncaughtException", listener);
  }
  for (const listener of rejections) {
    if (!before.rejections.includes(listener)) process.off("unhandledRejection", listener);
  }
  if (!isLibrary(library)) throw new Failure("model_failed", "OpenCV lacks what is used of it");
  return { inpaint: (image, mask, how) => inpainted(library, { image, mask }, how) };
}

const failureListeners = () => ({
  exceptions: process.listeners("uncaughtException"),
  rejections: process.listeners("unhandledRejection"),
});

/** What is used of the library. */
interface Library {
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly INPAINT_NS: number;
  readonly INPAINT_TELEA: number;
  readonly Mat: MatClass;
  inpaint(image: Mat, mask: Mat, result: Mat, radius: number, flag: number): void;
  exceptionFromPtr(pointer: number): { readonly msg: string };
}

interface MatClass {
  new (): Mat;
  new (rows: number, columns: number, type: number): Mat;
}

/** A matrix in the library's own memory: whoever made it frees it. */
interface Mat {
  /** A view that holds only until the memory grows. */
  readonly data: Uint8Array;
  delete(): void;
}

function inpainted(
  library: Library,
  { image, mask }: { readonly image: Raster; readonly mask: Raster },
  { flag, radius }: OpenCvInpainting,
): Raster {
  const { width, height } = image;
  const mats: Mat[] = [];
  const kept = (mat: Mat): Mat => {
    mats.push(mat);
    return mat;
  };
  try {
    const source = kept(new library.Mat(height, width, library.CV_8UC3));
    source.data.set(image.data);
    const holes = kept(new library.Mat(height, width, library.CV_8UC1));
    holes.data.set(mask.data);
    const result = kept(new library.Mat());
    library.inpaint(source, holes, result, radius, library[flag]);
    return { width, height, channels: 3, data: result.data.slice() };
  } catch (cause) {
    throw new Failure("model_failed", `OpenCV failed: ${reasonOf(library, cause)}`, cause);
  } finally {
    for (const mat of mats) mat.delete();
  }
}

/** C++ throws addresses. */
function reasonOf(library: Library, cause: unknown): string {
  if (typeof cause === "number") return library.exceptionFromPtr(cause).msg.trim();
  return cause instanceof Error ? cause.message : String(cause);
}

/** Compiling goes on after the import; the library calls back when it is done. */
async function initialised(library: unknown): Promise<void> {
  if (typeof library !== "object" && typeof library !== "function") return;
  if (library === null || property(library, "Mat") !== undefined) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (why: unknown) =>
      reject(new Failure("model_failed", `OpenCV could not be started: ${String(why)}`));
    Object.assign(library, { onRuntimeInitialized: resolve, onAbort });
  });
}

const property = (value: unknown, name: string): unknown =>
  (typeof value === "object" || typeof value === "function") && value !== null
    ? Reflect.get(value, name)
    : undefined;

function isLibrary(value: unknown): value is Library {
  const functions = ["Mat", "inpaint", "exceptionFromPtr"];
  const numbers = ["CV_8UC1", "CV_8UC3", "INPAINT_NS", "INPAINT_TELEA"];
  return (
    functions.every((name) => typeof property(value, name) === "function") &&
    numbers.every((name) => typeof property(value, name) === "number")
  );
}
