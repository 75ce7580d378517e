// The TypeScript of a document, as the files that its reader would write: each block begins with a
// comment that names its file.
import { posix } from "node:path";

export interface CodeBlock {
  readonly name: string;
  /** Of the block's first line in the document, from 1. */
  readonly line: number;
  readonly text: string;
}

const opening = /^```ts\s*$/;
const closing = /^```\s*$/;
const naming = /^\/\/ ([A-Za-z0-9._/-]+\.ts)$/;

/** Throws for a block without a name, with one that is given already, or without an end. */
export function codeBlocks(document: string, markdown: string): readonly CodeBlock[] {
  const lines = markdown.split("\n");
  const blocks: CodeBlock[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    if (!opening.test(lines[index] ?? "")) continue;
    const line = index + 2;
    const end = lines.findIndex((text, position) => position > index && closing.test(text));
    if (end < 0) throw new Error(`${document}:${line}: the block has no end: close it with \`\`\``);
    const name = naming.exec(lines[index + 1] ?? "")?.[1];
    if (name === undefined || posix.normalize(name) !== name || name.startsWith(".")) {
      throw new Error(`${document}:${line}: name the block's file in its first line: // x.test.ts`);
    }
    if (blocks.some((block) => block.name === name)) {
      throw new Error(`${document}:${line}: ${name} stands in the document already`);
    }
    blocks.push({ name, line, text: `${lines.slice(index + 1, end).join("\n")}\n` });
    index = end;
  }
  return blocks;
}
