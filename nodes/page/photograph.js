// A photograph that the browser can show: its bytes, an address for them, and its size in pixels
// as people see it (turned by its EXIF orientation, as the cluster turns it too).

/** Reads a file or an answer. Throws an `Error` whose text is for people. */
export async function readPhotograph(blob, name) {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(url);
    throw new Error(`${name} is no picture that this browser can show. JPEG, PNG and WebP work.`);
  }
  return { blob, name, url, width: image.naturalWidth, height: image.naturalHeight };
}

/** Why the cluster would not take this photograph, or `undefined` when it would. */
export function refusalOf(photograph, limits) {
  const pixels = photograph.width * photograph.height;
  if (pixels > limits.imagePixelsMax) {
    const most = Math.round(limits.imagePixelsMax / 1e6);
    return `This photograph has ${Math.round(pixels / 1e6)} megapixels; the cluster takes up to ${most}.`;
  }
  if (photograph.blob.size > limits.imageBytesMax) {
    const most = Math.round(limits.imageBytesMax / 2 ** 20);
    return `This file has ${Math.ceil(photograph.blob.size / 2 ** 20)} MB; the cluster takes up to ${most}.`;
  }
  return undefined;
}

const endings = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/tiff": "tiff",
  "image/bmp": "bmp",
};

/** `holiday.jpg` repaired as PNG is `holiday-repaired.png`. */
export function downloadName(original, contentType) {
  const stem = original.replace(/\.[^.]*$/, "") || "photograph";
  return `${stem}-repaired.${endings[contentType] ?? "jpg"}`;
}
