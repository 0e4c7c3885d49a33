// Moves a store to another engine or machine: what `backUp` and `restore` do, without a file in between.
import { type Contents, type CopyOptions, copyStore } from "../store/copy.ts";
import { migrate } from "../store/migrations.ts";
import { lend } from "./lend.ts";
import type { Place } from "./place.ts";

/**
 * Fills an empty place with what another one holds, and returns what that is. Throws if a server works in either: what
 * it wrote from then on would be lost without a word.
 */
export async function copy(
  from: Place,
  to: Place,
  copying: Pick<CopyOptions, "onProgress"> = {},
): Promise<Contents> {
  using _ = await from.hold();
  return await lend(from.original(), (original) =>
    to.fill(async (engine) => {
      const contents = await copyStore(original, engine, copying);
      await migrate(engine);
      return contents;
    }),
  );
}
