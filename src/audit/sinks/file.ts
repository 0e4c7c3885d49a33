// A file as a sink of the audit: JSON lines, on disk before anybody relies on it. It is opened anew for each batch, so that
// it may be moved away at any time.
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { jsonLines, type Sink } from "./sink.ts";

const ownerOnly = 0o600;
const lineFeed = 0x0a;
/** So much is looked at together for the end of the last whole line. */
const chunkBytes = 64 * 1024;

/** The file at `path`, which is made with mode 0600 if there is none. */
export function createFileSink(path: string): Sink {
  return {
    name: `file ${path}`,
    async write(batch) {
      await using file = await open(path, "a+", ownerOnly);
      const isNew = (await file.stat()).size === 0;
      await dropTornLine(file);
      const text = batch.flatMap(jsonLines).map((line) => `${line}\n`);
      await file.appendFile(text.join(""));
      await file.datasync();
      if (isNew) await syncFolder(dirname(path));
    },
  };
}

/** A file that was just made is there after a loss of power only if its folder is on the disk as well. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

/** A process that ended while it wrote left a part of a line, which comes again as a whole. */
async function dropTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const end = await endOfLines(file, size);
  if (end < size) await file.truncate(end);
}

/** Where the last whole line ends. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(chunkBytes);
  for (let end = size; end > 0; end -= chunkBytes) {
    const begin = Math.max(end - chunkBytes, 0);
    const { bytesRead } = await file.read(chunk, 0, end - begin, begin);
    const at = chunk.subarray(0, bytesRead).lastIndexOf(lineFeed);
    if (at !== -1) return begin + at + 1;
  }
  return 0;
}
