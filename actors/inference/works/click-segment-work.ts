// A mask by clicks: an `image` and the parameter `clicks` to an `image` in PNG that has the colour of the page's
// brush over what was clicked at. By Segment Anything, whose two networks lie side by side:
//
//   encoder.onnx   the picture to its embedding, which takes long and does not depend on clicks
//   decoder.onnx   embedding and clicks to masks, as the original's own export has it
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { unbatched } from "../batching/run-batcher.ts";
import { decodeImage } from "../engine/decode.ts";
import { encodeImage } from "../engine/encode.ts";
import { loadNetwork } from "../engine/load-network.ts";
import type { Network } from "../engine/network.ts";
import type { Size } from "../inpaint/padding.ts";
import type { Raster } from "../inpaint/raster.ts";
import { type Click, clicksIn, painted, promptOf, shownPlanes, widened } from "./click-prompt.ts";
import { EmbeddingShelf } from "./embedding-shelf.ts";
import { inSteps, type LoadWork, type ModelWork } from "./model-work.ts";
import {
  type FloatTensor,
  floatsOf,
  loadPictureNetwork,
  type PictureNetwork,
} from "./picture-network.ts";
import { trialPixels } from "./trial-pixels.ts";
import { fileIn } from "./work-input.ts";

const sideDefault = 1_024;

interface SegmentNetworks {
  readonly encoder: PictureNetwork;
  readonly decoder: Network;
}

export const loadClickSegmentation: LoadWork = async (folder, terms) => {
  const file = join(folder.place, "encoder.onnx");
  const encoder = await loadPictureNetwork(folder, terms, file);
  try {
    refuseOblong(encoder);
    const own = { file: join(folder.place, "decoder.onnx"), batching: unbatched };
    const decoder = await loadNetwork(folder, terms, own);
    refuseOtherDecoder(decoder);
    const inputs = [...encoder.network.inputs, ...decoder.inputs];
    const outputs = [...encoder.network.outputs, ...decoder.outputs];
    return { work: segmentingBy({ encoder, decoder }), signature: { inputs, outputs } };
  } catch (cause) {
    await encoder.network.close();
    throw cause;
  }
};

function refuseOblong({ size }: PictureNetwork): void {
  if (!size || size.width === size.height) return;
  const seen = `encoder.onnx takes ${size.width} by ${size.height}`;
  throw new Failure("model_failed", `${seen}; expected as many rows as columns`);
}

const decoderInputs = [
  ...["image_embeddings", "point_coords", "point_labels"],
  ...["mask_input", "has_mask_input", "orig_im_size"],
];

function refuseOtherDecoder({ inputs, outputs }: Network): void {
  const lacks = decoderInputs.find((name) => !inputs.some((port) => port.name === name));
  const hasMasks = outputs.some(({ name }) => name === "masks");
  if (lacks === undefined && hasMasks && inputs.length === decoderInputs.length) return;
  const names = inputs.map(({ name }) => name).join(", ");
  const seen = `decoder.onnx has the inputs ${names} and ${hasMasks ? "" : "no "}output masks`;
  throw new Failure("model_failed", `${seen}; expected ${decoderInputs.join(", ")}, and masks`);
}

interface Asked {
  readonly picture: Raster;
  readonly clicks: readonly Click[];
  /** Of the image's file. */
  readonly digest: string;
}

interface Segmented {
  readonly mask: Uint8Array;
  readonly embedding: "computed" | "kept";
}

function segmentingBy(networks: SegmentNetworks): ModelWork {
  const shelf = new EmbeddingShelf();
  return inSteps<Asked, Segmented>({
    parameters: ["clicks"],
    async warmUp(trial) {
      const data = trialPixels(16 * 16 * 3, trial);
      const picture: Raster = { width: 16, height: 16, channels: 3, data };
      const embedding = await embeddingOf(networks, picture);
      await maskOf(networks, { embedding, picture, clicks: [{ x: 8, y: 8, isMeant: true }] });
    },
    async read(input) {
      const file = fileIn(input, "image");
      const { width, height, rgb } = await decodeImage(file, "image");
      const clicks = clicksIn(input.parameters.clicks, { width, height });
      const digest = createHash("sha256").update(file).digest("hex");
      return { picture: { width, height, channels: 3, data: rgb }, clicks, digest };
    },
    async run({ picture, clicks, digest }) {
      const kept = shelf.take(digest);
      const embedding = kept ?? (await embeddingOf(networks, picture));
      if (!kept) shelf.put(digest, embedding);
      const mask = await maskOf(networks, { embedding, picture, clicks });
      return { mask, embedding: kept ? "kept" : "computed" };
    },
    async write({ picture: { width, height } }, { mask, embedding }) {
      const format = "png";
      const bytes = await encodeImage({
        ...{ width, height, ...painted(mask), format, quality: 100 },
        ...{ exif: undefined, pngParameters: undefined },
      });
      const file = { name: "image", contentType: "image/png", bytes };
      return { files: [file], figures: { width, height, format, embedding } };
    },
  });
}

const sideOf = ({ encoder }: SegmentNetworks): number => encoder.size?.width ?? sideDefault;

function embeddingOf(networks: SegmentNetworks, picture: Raster): Promise<FloatTensor> {
  const side = sideOf(networks);
  const planes = shownPlanes(picture, side);
  return networks.encoder.run(planes, { width: side, height: side });
}

async function maskOf(
  networks: SegmentNetworks,
  {
    embedding,
    picture,
    clicks,
  }: {
    readonly embedding: FloatTensor;
    readonly picture: Size;
    readonly clicks: readonly Click[];
  },
): Promise<Uint8Array> {
  const { width, height } = picture;
  const { places, labels } = promptOf(clicks, picture, sideOf(networks));
  // Four times as fine as the embedding; there is no mask from before.
  const [rows = 0, columns = 0] = embedding.shape.slice(-2).map((length) => 4 * length);
  const floats = (shape: readonly number[], data: Float32Array) =>
    ({ type: "float32", shape, data }) as const;
  const { masks } = await networks.decoder.run({
    image_embeddings: floats(embedding.shape, embedding.data.slice()),
    point_coords: floats([1, labels.length, 2], places),
    point_labels: floats([1, labels.length], labels),
    mask_input: floats([1, 1, rows, columns], new Float32Array(rows * columns)),
    has_mask_input: floats([1], new Float32Array(1)),
    orig_im_size: floats([2], Float32Array.of(height, width)),
  });
  const { shape, data } = floatsOf("masks", masks);
  // Of several the first is the one that belongs to all clicks.
  const [batch, , ...size] = shape;
  if (shape.length === 4 && batch === 1 && `${size}` === `${[height, width]}`) {
    return widened(picture, data.subarray(0, width * height));
  }
  throw new Failure(
    "model_failed",
    `output masks is [${shape}]; expected [1,1,${height},${width}]`,
  );
}
