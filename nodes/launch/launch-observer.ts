// What the launcher tells whoever watches it: the command line, a test.

export type LaunchEvent =
  | { readonly kind: "started"; readonly node: string; readonly pid: number }
  | { readonly kind: "ready"; readonly node: string; readonly url: string | null }
  | { readonly kind: "exited"; readonly node: string; readonly reason: string }
  | {
      readonly kind: "restarting";
      readonly node: string;
      readonly attempt: number;
      readonly delayMs: number;
    }
  | { readonly kind: "gave-up"; readonly node: string; readonly reason: string }
  | {
      readonly kind: "scaled";
      readonly group: string;
      /** Nodes that stood, and that are to stand. */
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    }
  | { readonly kind: "draining" }
  | { readonly kind: "drained"; readonly node: string }
  | { readonly kind: "stopped"; readonly node: string }
  | { readonly kind: "killed"; readonly node: string }
  | { readonly kind: "log"; readonly node: string; readonly line: string };

export interface LaunchObserver {
  observe(event: LaunchEvent): void;
}
