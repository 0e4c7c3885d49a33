// `metal advise --source`: which role a client needs, by its source code.
import { CommandError } from "./errors.ts";
import type { Session } from "./session.ts";

/** Prints the RPCs that the source code in `folder` can call, and the least role for them. */
export async function adviseOnSource(folder: string, _session: Session): Promise<void> {
  throw new CommandError(`source code cannot be read yet, neither that in ${folder} nor any other`);
}
