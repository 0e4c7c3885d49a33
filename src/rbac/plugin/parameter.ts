// The plugin's own parameters, as `opt` in buf.gen.yaml gives them.

/** What a project says about itself. */
export interface Parameters {
  /** Import path of the kit's runtime, relative to the output folder or a package name. */
  readonly runtime: string;
  /**
   * Folders that may hold the protos, relative to where buf runs. Descriptors name files relative to their buf
   * module; the first folder that has the file is put in front. None: names stay as they are.
   */
  readonly sourceRoots: readonly string[];
}

interface RawParameter {
  readonly key: string;
  readonly value: string;
}

const known: readonly string[] = ["runtime", "source_root"];

/** Reads `runtime=PATH` (once) and `source_root=FOLDER` (any number). Throws on anything else. */
export function parseParameters(raw: readonly RawParameter[]): Parameters {
  const stranger = raw.find(({ key }) => !known.includes(key));
  if (stranger) throw new Error(`unknown "${stranger.key}", known are ${known.join(", ")}`);
  const values = (name: string) => raw.filter(({ key }) => key === name).map(({ value }) => value);
  const [runtime, ...more] = values("runtime");
  if (!runtime || more.length > 0) throw new Error("runtime=PATH is required, once");
  return { runtime, sourceRoots: values("source_root") };
}
