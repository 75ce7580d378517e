// Pure. The header that has a browser keep an answer as a file of that name (RFC 6266), written as the
// server does whose interface this is: bare where that can be, else quoted; names beyond ASCII twice, with
// what ASCII has of their letters for old browsers.

const token = /^[\w!#$%&'*+.^`|~-]+$/;
const controls = /\p{Cc}+/gu;

/** What clients send as a name is told back and never becomes a path. */
export function attachmentNamed(filename: string): string {
  const name = filename.replace(controls, " ").replace(/\p{Cs}/gu, "\ufffd");
  const letters = name.normalize("NFKD").replace(/[^\x20-\x7e]/g, "");
  const bare = isAscii(name) ? name : letters;
  const spelt = isAscii(name) ? "" : `; filename*=UTF-8''${encoded(name)}`;
  return `attachment; filename=${token.test(bare) ? bare : quoted(bare)}${spelt}`;
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** All but the characters that RFC 5987 leaves as they are. */
const encoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) =>
      character === "!" ? "!" : `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
    .replace(/%(23|24|26|2B|5E|60|7C)/g, (escaped) => decodeURIComponent(escaped));
