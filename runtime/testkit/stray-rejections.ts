// Promises that were rejected while nobody looked. Node would end the process for one, and with it the
// test that could have said which run it was; here whoever runs the test is told.

// Taken before anybody can put traps in their place (see ambient-guard.ts).
const nextPass = setImmediate;

/** Does it, and tells of each promise of this process that is rejected meanwhile and not handled. */
export async function tellingRejections<T>(
  told: (error: unknown) => void,
  act: () => Promise<T>,
): Promise<T> {
  const listener = (error: unknown): void => told(error);
  process.on("unhandledRejection", listener);
  try {
    return await act();
  } finally {
    // Node tells of them after the callback in which they were rejected.
    await new Promise<void>((resolve) => {
      nextPass(() => resolve());
    });
    process.off("unhandledRejection", listener);
  }
}
