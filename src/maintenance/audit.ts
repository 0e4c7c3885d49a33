// The audit as it lies in a file of SQLite, a backup or the database of a server, to be verified without the server.
import { open } from "node:fs/promises";
import { sealedAfter } from "../audit/sealed.ts";
import { jsonLines } from "../audit/sinks/sink.ts";
import { openBackup } from "./backup.ts";
import { readerOf } from "./image.ts";
import { lend } from "./lend.ts";

/** What a file of SQLite begins with (its file format, section 1.3). */
const header = "SQLite format 3\0";

/** Whether the file is one of SQLite. Rejects if it cannot be read. */
export async function isDatabase(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(header.length), 0, header.length, 0);
  return buffer.toString("latin1", 0, bytesRead) === header;
}

/** Hands on what was sealed, line by line, as an export would print it. Throws if an older version wrote the file. */
export function readSealed(path: string, take: (line: string) => void): Promise<void> {
  return lend(openBackup(path), (original) =>
    original.look(async (image) => {
      const read = await readerOf(image);
      if (read === undefined) throw new Error("an older version wrote it: restore it first");
      for await (const sealed of sealedAfter(read.seals, 0)) jsonLines(sealed).forEach(take);
    }),
  );
}
