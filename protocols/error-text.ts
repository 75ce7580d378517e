// What a thrown value says, in words. Anything can be thrown, also what cannot be shown: an object
// without a prototype, an error whose message throws itself. Whoever handles a failure must not fail.

/** Name and message. */
export const errorText = (thrown: unknown): string =>
  shown(() => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)));

/** The message alone. */
export const errorMessage = (thrown: unknown): string =>
  shown(() => String(thrown instanceof Error ? thrown.message : thrown));

/** Where it comes from; a stack is made when it is first read, from a message that may throw. */
export const errorStack = (error: Error): string => shown(() => error.stack ?? String(error));

function shown(show: () => string): string {
  try {
    return show();
  } catch {
    return "something that cannot be shown as text";
  }
}
