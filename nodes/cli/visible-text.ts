// Text of others in a terminal: of tasks, nodes and people, who may have put into it what a terminal obeys.
// Control characters would color, move and rename it, and overrides of the direction of writing would turn
// letters around; so they are shown as the escapes that JSON knows. In JSON that changes nothing but the look.

const obeyed = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Line feeds and tabs stay. */
export const visibleText = (text: string): string => text.replace(obeyed, escaped);

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
