// A filler from any network whose form is known: the adapter of that form, made to take any size.
import type { Network } from "../engine/network.ts";
import type { Filler } from "../inpaint/filler.ts";
import type { FillerConfig } from "./filler-config.ts";
import { fixedSizeFiller } from "./fixed-size-filler.ts";
import { fourChannelFiller } from "./four-channel-filler.ts";
import { imageAndMaskFiller } from "./image-and-mask-filler.ts";
import { formOf, type Light, type ModelForm, paddingOf } from "./model-form.ts";
import { pipelineFiller } from "./pipeline-filler.ts";
import { pixelsFiller } from "./pixels-filler.ts";
import { tryFiller } from "./trial-picture.ts";

/**
 * Closing it closes the network. Runs the network once when neither the config nor the type of the
 * output tells its range. Fails with `model_failed`, and then the network is the caller's to close.
 */
export async function networkFiller(network: Network, config: FillerConfig): Promise<Filler> {
  const form = formOf(network, config);
  const light = lightOf(form) ?? (await measuredLight(network, form, config));
  return fillerOf(network, { form, light, config });
}

function fillerOf(
  network: Network,
  how: { readonly form: ModelForm; readonly light: Light; readonly config: FillerConfig },
): Filler {
  const { form } = how;
  const filler = adapterOf(network, how);
  return form.size ? fixedSizeFiller(filler, form.size) : filler;
}

function adapterOf(
  network: Network,
  {
    form,
    light,
    config,
  }: { readonly form: ModelForm; readonly light: Light; readonly config: FillerConfig },
): Filler {
  const padding = paddingOf(form, config);
  switch (form.kind) {
    case "image-and-mask":
      return imageAndMaskFiller(network, form, { padding, light });
    case "four-channel":
      return fourChannelFiller(network, form, { padding, light });
    case "pipeline":
      return pipelineFiller(network, form, padding);
    case "pixels":
      return pixelsFiller(network, form, padding);
    default:
      return form satisfies never;
  }
}

const lightOf = (form: ModelForm): Light | undefined =>
  form.kind === "pipeline" || form.kind === "pixels" ? 255 : form.light;

/** White comes back as white around a hole: as more than 1 only if the output goes up to 255. */
async function measuredLight(
  network: Network,
  form: ModelForm,
  config: FillerConfig,
): Promise<Light> {
  const { data } = await tryFiller(fillerOf(network, { form, light: 255, config }), 255);
  return data.some((value) => value > 1) ? 255 : 1;
}
