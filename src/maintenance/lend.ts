// What has to be closed, whatever happens to it.

/** Lends what is open until `work` ends, and closes it. */
export async function lend<T extends { close(): Promise<void> }, R>(
  opened: T,
  work: (opened: T) => Promise<R>,
): Promise<R> {
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
