// Enlarging: an `image` and the parameter `upscale` to the `image` so many times as large, in its own format,
// by networks such as Real-ESRGAN that make pixels of 0 to 1 two or four times as many each way. What
// was asked for is made of that by Lanczos, and alpha is enlarged linearly: both as OpenCV does it.
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type DecodedImage, decodeImage } from "../engine/decode.ts";
import { encodeImage } from "../engine/encode.ts";
import { contentTypeOf, outputFormatFor } from "../engine/image-format.ts";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { type Enlarger, enlargerBy, networkPixelsMax, plainPicture } from "./enlarger.ts";
import { lanczosByteResized } from "./lanczos-byte-resize.ts";
import { linearByteResized } from "./linear-byte-resize.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import { loadPictureNetwork } from "./picture-network.ts";
import { configIn } from "./work-config.ts";
import { fileIn, numberIn, outputQualityIn } from "./work-input.ts";
import { UpscaleConfig } from "./work-keys.ts";

const configCheck = Compile(UpscaleConfig);
const upscaleMax = 8;

export const loadUpscaling: LoadWork = async (folder, terms) => {
  const config = configIn(folder, configCheck);
  const network = await loadPictureNetwork(folder, terms);
  try {
    return { work: upscalingBy(await enlargerBy(network, config)), signature: network.network };
  } catch (cause) {
    await network.network.close();
    throw cause;
  }
};

const upscalingBy = ({ factor, enlarge }: Enlarger): ModelWork =>
  inSteps({
    parameters: ["upscale", "outputQuality"],
    async warmUp(trial) {
      await enlarge(plainPicture({ width: 32, height: 32 }, trial));
    },
    async read(input) {
      const { parameters } = input;
      const upscale = numberIn(parameters, "upscale", { min: 1, max: upscaleMax });
      const quality = outputQualityIn(parameters);
      const image = await decodeImage(fileIn(input, "image"), "image");
      const size = {
        width: Math.floor(image.width * upscale),
        height: Math.floor(image.height * upscale),
      };
      refuseTooLarge(image, { size, factor });
      return { image, size, quality };
    },
    async run({ image: { width, height, rgb, alpha }, size }) {
      const large = await enlarge({ width, height, channels: 3, data: rgb });
      const sized = lanczosByteResized(large, size).data;
      if (!alpha) return { rgb: sized, alpha };
      const plane: Raster = { width, height, channels: 1, data: alpha };
      return { rgb: sized, alpha: linearByteResized(plane, size).data };
    },
    async write({ image, size, quality }, pixels) {
      const format = outputFormatFor(image.format);
      const bytes = await encodeImage({ ...image, ...size, ...pixels, format, quality });
      const file = { name: "image", contentType: contentTypeOf(format), bytes };
      return { files: [file], figures: { ...size, format, factor } };
    },
  });

function refuseTooLarge(
  { width, height }: DecodedImage,
  { size, factor }: { readonly size: Size; readonly factor: number },
): void {
  const wanted = size.width * size.height;
  const made = width * factor * height * factor;
  if (wanted <= limits.imagePixelsMax && made <= networkPixelsMax) return;
  const seen = `${width} by ${height} would become ${size.width} by ${size.height}`;
  const most = `${limits.imagePixelsMax} pixels are allowed, ${networkPixelsMax} of the network's own`;
  throw new Failure(
    "too_large",
    `${seen}, by way of ${made} pixels; ${most}: send a smaller image`,
  );
}
