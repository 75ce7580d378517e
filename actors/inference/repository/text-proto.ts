// Pure. Reads a Protocol Buffers message in its text format, as people write configurations in it:
//
//   name: "eraser"                      a field and its value
//   dynamic_batching { }                a field that is a message
//   input [ { name: "x" }, { … } ]      a field several times
//   # and notes, up to the end of the line
//
// Strict where the format is: what is no message is refused by its line. The grammar is that of "Text Format
// Language Specification" at protobuf.dev; extensions and `Any` are not read.
import { Failure } from "#protocols/failure.ts";

export type TextValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: number }
  /** `true`, `TYPE_FP32`: what they are is the field's. */
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "message"; readonly fields: readonly TextField[] };

export interface TextField {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly value: TextValue;
}

/** Messages within messages. More: refused. */
const depthMax = 16;

interface Token {
  readonly kind: "word" | "number" | "text" | "sign" | "end";
  readonly text: string;
  readonly line: number;
}

const tokenForms = [
  ["space", /(?:\s|#[^\n]*)+/y],
  ["text", /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y],
  ["number", /[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?)(?![\w.])/y],
  ["word", /-?[A-Za-z_][A-Za-z0-9_]*/y],
  ["sign", /[{}[\]<>:,;]/y],
] as const;

/** Fails with `invalid`, naming the file, the line and what is not understood there. */
export function readTextProto(text: string, file: string): readonly TextField[] {
  return new TextProtoReader(tokensOf(text, file), file).all();
}

function tokensOf(text: string, file: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const found = tokenAt(text, at);
    if (!found) {
      throw new Failure("invalid", `${file}:${line}: ${JSON.stringify(text[at])} is not expected`);
    }
    if (found.kind !== "space") tokens.push({ kind: found.kind, text: found.text, line });
    line += found.text.split("\n").length - 1;
    at += found.text.length;
  }
  return [...tokens, { kind: "end", text: "the end of the file", line }];
}

function tokenAt(text: string, at: number) {
  for (const [kind, form] of tokenForms) {
    form.lastIndex = at;
    const found = form.exec(text);
    if (found) return { kind, text: found[0] };
  }
  return undefined;
}

class TextProtoReader {
  readonly #tokens: readonly Token[];
  readonly #file: string;
  #at = 0;

  constructor(tokens: readonly Token[], file: string) {
    this.#tokens = tokens;
    this.#file = file;
  }

  all(): readonly TextField[] {
    return this.#fieldsUntil("the end of the file", 0);
  }

  #fieldsUntil(end: string, depth: number): readonly TextField[] {
    const fields: TextField[] = [];
    while (this.#next.text !== end || this.#next.kind === "text") {
      fields.push(...this.#field(depth));
      if (this.#isSign(",") || this.#isSign(";")) this.#at += 1;
    }
    this.#at += 1;
    return fields;
  }

  #field(depth: number): readonly TextField[] {
    const { kind, text: name, line } = this.#take();
    if (kind !== "word") throw this.#refusal("the name of a field", { text: name, line });
    const hasColon = this.#isSign(":");
    if (hasColon) this.#at += 1;
    if (!this.#isSign("[")) return [{ name, line, value: this.#value(hasColon, depth) }];
    this.#at += 1;
    const values: TextField[] = [];
    while (!this.#isSign("]")) {
      values.push({ name, line: this.#next.line, value: this.#value(hasColon, depth) });
      if (!this.#isSign("]")) this.#expect(",");
    }
    this.#at += 1;
    return values;
  }

  /** Without a colon only a message can follow. */
  #value(hasColon: boolean, depth: number): TextValue {
    const token = this.#take();
    if (token.kind === "sign" && (token.text === "{" || token.text === "<")) {
      if (depth === depthMax)
        throw this.#refusal(`at most ${depthMax} messages in one another`, token);
      const end = token.text === "{" ? "}" : ">";
      return { kind: "message", fields: this.#fieldsUntil(end, depth + 1) };
    }
    if (!hasColon) throw this.#refusal("a colon or {", token);
    if (token.kind === "word") return { kind: "word", word: token.text };
    if (token.kind === "number") return { kind: "number", number: numberOf(token.text) };
    if (token.kind !== "text") throw this.#refusal("a value", token);
    return { kind: "text", text: this.#joinedText(token) };
  }

  /** Texts that stand side by side are one. */
  #joinedText(first: Token): string {
    let text = unescaped(first.text);
    while (this.#next.kind === "text") text += unescaped(this.#take().text);
    return text;
  }

  #expect(sign: string): void {
    if (!this.#isSign(sign)) throw this.#refusal(sign, this.#next);
    this.#at += 1;
  }

  #isSign(sign: string): boolean {
    return this.#next.kind === "sign" && this.#next.text === sign;
  }

  #take(): Token {
    const token = this.#next;
    this.#at += 1;
    return token;
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "the end of the file", line: 0 };
  }

  #refusal(wanted: string, { text, line }: Pick<Token, "text" | "line">): Failure {
    const seen = `${this.#file}:${line}: ${text.slice(0, 60)} stands where ${wanted} is expected`;
    return new Failure("invalid", seen);
  }
}

function numberOf(text: string): number {
  const isHex = /^[-+]?0[xX]/.test(text);
  const isOctal = /^[-+]?0[0-7]+$/.test(text);
  const digits = text.replace(/^[-+]/, "");
  const size = isHex
    ? Number(digits)
    : isOctal
      ? Number.parseInt(digits, 8)
      : Number(digits.replace(/[fF]$/, ""));
  return text.startsWith("-") ? -size : size;
}

const escapes: Readonly<Record<string, string>> = {
  ...{ n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", f: "\f", v: "\v" },
};

/** Without its quotes. A byte that is written as a number is one letter. */
const unescaped = (quoted: string): string =>
  quoted.slice(1, -1).replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)/g, (_, code: string) => {
    if (/^x[0-9a-fA-F]/.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
    return escapes[code] ?? code;
  });
