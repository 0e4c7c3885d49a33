// How generated modules look: their first line, and how they import the kit's runtime.

/** How a project wants its imports. */
export interface Style {
  /** Import path of the runtime's folder. */
  readonly runtime: string;
  /** ".ts", ".js" or nothing. */
  readonly extension: string;
}

/** The first line of every output that has comments. */
export const notice =
  "Written by `buf generate` from the options in the protos. To change a rule, change its proto.";

/** The module specifier of a runtime file. */
export function runtimePath({ runtime, extension }: Style, name: string): string {
  return JSON.stringify(`${runtime}/${name}${extension}`);
}

/** The module specifier of a generated neighbour. */
export function siblingPath({ extension }: Style, name: string): string {
  return JSON.stringify(`./${name}${extension}`);
}
