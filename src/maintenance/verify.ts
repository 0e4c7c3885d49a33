// Whether a backup is what was written, and whether the books in it balance.
import { type Finding, inspect } from "../domain/books/inspect.ts";
import { assertSame, readContents } from "../store/copy.ts";
import type { Original } from "../store/original.ts";
import { openBackup } from "./backup.ts";
import { readerOf } from "./image.ts";
import { lend } from "./lend.ts";
import { type Manifest, readManifest } from "./manifest.ts";

/** A backup that is whole. */
export interface Verified {
  readonly manifest: Manifest;
  /** What is wrong with what was backed up; undefined if an older version wrote it, whose books cannot be read as they are. */
  readonly findings: readonly Finding[] | undefined;
}

/** Reads all of a backup. Throws if it is damaged, no backup, or of a newer version. */
export function verify(file: string): Promise<Verified> {
  return lend(openBackup(file), async (original) => {
    const manifest = await readManifest(original);
    assertSame(await readContents(original), manifest.contents);
    return { manifest, findings: await findingsIn(original) };
  });
}

function findingsIn(original: Original): Promise<readonly Finding[] | undefined> {
  return original.look(async (image) => {
    const read = await readerOf(image);
    if (read === undefined) return undefined;
    return Array.fromAsync(inspect({ read, settle: (work) => work(read), now: Date.now }));
  });
}
