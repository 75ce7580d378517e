// `troupe inpaint`: repairs one picture through a running cluster.
import type { AddCommand } from "./command.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { readPicture, repairedPath, writePicture } from "./picture-file.ts";
import { describeRepair } from "./repair-report.ts";

const examples = `
The mask is a picture of the same size: white is repaired, black is kept.

Examples:
  troupe inpaint photograph.jpg --mask mask.png
  troupe inpaint photograph.jpg --mask mask.png --out clean.jpg --url http://127.0.0.1:9000`;

interface InpaintOptions {
  readonly mask: string;
  readonly out?: string;
  readonly url: string;
}

export const addInpaintCommand: AddCommand = ({ program, io }) => {
  program
    .command("inpaint")
    .description("repair a picture where its mask is white")
    .argument("<image>", "picture to repair")
    .requiredOption("--mask <file>", "picture of the same size, white where to repair")
    .option("--out <file>", "where to write (default: beside the picture, NAME-repaired)")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .addHelpText("after", examples)
    .action(async (image: string, options: InpaintOptions) => {
      const client = new GatewayClient(options.url);
      const [picture, mask] = await Promise.all([readPicture(image), readPicture(options.mask)]);
      const repaired = await client.repair(picture, mask);
      const file = options.out ?? repairedPath(image, repaired.contentType);
      await writePicture(file, repaired.bytes);
      io.err(`${describeRepair(repaired)}\n`);
      io.out(`${file}\n`);
    });
};
