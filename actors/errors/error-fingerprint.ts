// What two failures have in common when they are the same error: their texts without what varies from
// one occurrence to the next. Pure.
//
//   connect to ::1:443 of job_9f86d08, open '/data/für 3/a.png' after 1.5e3 ms
//              <address>  job_#             '<path>'                 #     ms
//
// The text is read once, a word at a time. What varies inside a word is always `#`: a number, and an id that
// happens to have digits only, would else be two errors. Whoever has only letters is a word, for want of a
// dictionary; but not if it is as long as an id and written in capitals as no name is.
import { createHash } from "node:crypto";
import type { FailedAttempt } from "./failed-attempt.ts";

const detailLengthMax = 256;
/** Further down nobody looks: the work for a text has a bound. */
const readLengthMax = 2_048;

/** At most 256 characters; of the text, the first 2,048 count. */
export function normalisedDetail(detail: string): string {
  const text = detail.slice(0, readLengthMax).replace(/\s+/g, " ").trim();
  let told = "";
  for (let place = 0; place < text.length; ) {
    const { end, stead } = nextIn(text, place);
    told += stead;
    place = end;
  }
  return told.replace(/#(?:[-_.,:]#)+/g, "#").slice(0, detailLengthMax);
}

/** 16 hexadecimal digits. */
export const fingerprintOf = (
  { class: failureClass, code, type, model }: FailedAttempt,
  detail: string,
): string =>
  createHash("sha256")
    .update(JSON.stringify([failureClass, code, type, model, detail]))
    .digest("hex")
    .slice(0, 16);

interface Told {
  readonly end: number;
  readonly stead: string;
}

/** With the point or bracket after it: both may be its own. */
const urlAt = /[a-z][a-z0-9+.-]{1,15}:\/\/[^\s'"`<>]*/iy;
const wordAt = /[^\s'"`()[\]{}<>;|]+/y;

function nextIn(text: string, place: number): Told {
  const quoted = quotedPathAt(text, place);
  if (quoted) return quoted;
  urlAt.lastIndex = place;
  if (urlAt.test(text)) return { end: urlAt.lastIndex, stead: "<url>" };
  wordAt.lastIndex = place;
  const [word] = wordAt.exec(text) ?? [];
  if (word === undefined) return { end: place + 1, stead: text.charAt(place) };
  const bare = word.replace(/[.,:!?]{1,8}$/, "");
  return { end: place + word.length, stead: steadOf(bare) + word.slice(bare.length) };
}

/** Only in quotes is it known where a path with spaces ends. */
function quotedPathAt(text: string, place: number): Told | undefined {
  const quote = text.charAt(place);
  if (!`'"\``.includes(quote)) return undefined;
  const end = text.indexOf(quote, place + 1);
  if (end === -1) return undefined;
  const inside = text.slice(place + 1, end);
  const isWhole = pathStart.test(inside) || (hasEnding(inside) && !inside.includes("://"));
  return isWhole ? { end: end + 1, stead: `${quote}<path>${quote}` } : undefined;
}

const pathStart = /^(?:~?[\\/]|\.{1,2}[\\/]|[a-z]:[\\/])./i;
const fileEndings: ReadonlySet<string> = new Set(
  [
    "png jpg jpeg webp gif bmp tif tiff avif heic svg pdf mp4 json jsonl yaml yml toml xml html md txt csv",
    "log tmp bin dat zip tar gz zst xz db sqlite wal sock pid pem key crt conf ini lock",
    "onnx ort pb pbtxt pt pth safetensors npy npz parquet js mjs cjs ts py so dll",
  ].flatMap((line) => line.split(" ")),
);

const hasEnding = (name: string): boolean => {
  const dot = name.lastIndexOf(".");
  return dot > 0 && fileEndings.has(name.slice(dot + 1).toLowerCase());
};

const isPath = (word: string): boolean =>
  pathStart.test(word) || hasEnding(word) || word.split(/[\\/]/, 3).length === 3;

/** IPv4, IPv6, with a port or without; and of hardware. A time of day has two colons and no letters. */
const isAddress = (word: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$/.test(word) ||
  (/^(?:[0-9a-f]{0,5}:){2,8}(?:[0-9a-f]{0,5}|\d{1,3}(?:\.\d{1,3}){3})(?:%\w{1,16})?$/i.test(word) &&
    (/[a-f]|::/i.test(word) || word.split(":").length > 3));

/** As it stands in `key=value` and `what:value`. */
const labelAt = /^[\p{L}_.-]{2,64}(?:=|:(?![:/]{2}))(?=.)/u;

function steadOf(word: string): string {
  const label = isAddress(word) ? undefined : labelAt.exec(word)?.[0];
  if (label !== undefined) return label + steadOf(word.slice(label.length));
  if (word.includes("://")) return "<url>";
  if (isAddress(word)) return "<address>";
  if (/^[\w+/-]{16,}={1,2}$/.test(word)) return "#";
  if (isPath(word)) return "<path>";
  if (/^[-+]?\d+(?:[.,:]\d+)*(?:e[-+]?\d+)?%?$/i.test(word)) return word.endsWith("%") ? "#%" : "#";
  return word.replace(/[\p{L}\p{M}\p{N}_-]+/gu, unitStead);
}

/** As long as ids are, if a third of it looks like one; what is shorter is told part by part. */
const idLengthMin = 16;

function unitStead(unit: string): string {
  const parts = unit.split(/([-_])/);
  if (unit.length >= idLengthMin) {
    const strange = parts.filter((part) => isId(part) || !isCasedAsName(part) || isMixed(part));
    const strangeLength = strange.reduce((sum, { length }) => sum + length, 0);
    if (strangeLength * 3 >= unit.length) return "#";
  }
  return parts.map((part) => (isId(part) ? "#" : part.replace(/\p{N}+/gu, "#"))).join("");
}

/** Capitals, small letters, and a digit before a letter. */
const isMixed = (part: string): boolean =>
  /\d[a-z]/i.test(part) && /[a-z]/.test(part) && /[A-Z]/.test(part);

/** Of letters and digits that no word has: hexadecimal ones, or more turns from one to the other than `conv2d`. */
function isId(part: string): boolean {
  if (/^0x[0-9a-f]+$/i.test(part)) return true;
  const hasDigit = /\d/.test(part);
  if (/^[0-9a-f]+$/i.test(part)) return part.length >= (hasDigit ? 3 : 7);
  if (!hasDigit) return false;
  const runs = part.match(/\d+|\D+/g) ?? [];
  return runs.length > 3 || !isCasedAsName(part);
}

/** `word`, `WORD`, `Word`, `wordsLikeThis`; not `kStGxR`. Digits have no case. */
function isCasedAsName(part: string): boolean {
  const letters = part.replace(/[^a-z]/gi, "");
  if (/^(?:[a-z]*|[A-Z]*|[A-Z][a-z]*)$/.test(letters)) return true;
  const runs = letters.match(/[a-z]+|[A-Z]+/g) ?? [];
  const isLone = runs.some((run) => /^[a-z]$/.test(run));
  return !isLone && (runs.length - 1) * 5 <= letters.length * 2;
}
