// Many actors as one: `/sessions/$1f`, `/sessions/$2a` and `/pool/worker-12` differ in nothing that a
// metric should tell apart.

const madeUp = /^\$/;
const numbered = /\d+/g;

/** The path with `*` for made-up names and for numbers: `/sessions/*`, `/pool/worker-*`. */
export const pathPattern = (path: string): string =>
  path
    .split("/")
    .map((name) => (madeUp.test(name) ? "*" : name.replaceAll(numbered, "*")))
    .join("/");
