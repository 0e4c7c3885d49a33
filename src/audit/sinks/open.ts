// The sinks that the settings name.
import { createFileSink } from "./file.ts";
import type { Sink } from "./sink.ts";
import { createStreamSink } from "./stream.ts";

/** Where the audit is copied to. */
export interface SinkSettings {
  /** The path of a file, absolute. */
  readonly file?: string;
  readonly stdout: boolean;
  /** The URL of a collector of OpenTelemetry. */
  readonly otlp?: string;
}

/** Opens none of them yet: each is asked when there is something to bring. `version` is that of this server. */
export async function openSinks(
  { file, stdout, otlp }: SinkSettings,
  version: string,
): Promise<Sink[]> {
  return [
    ...(file === undefined ? [] : [createFileSink(file)]),
    ...(stdout ? [createStreamSink("stdout", process.stdout)] : []),
    ...(otlp === undefined ? [] : [await otlpSink(otlp, version)]),
  ];
}

async function otlpSink(url: string, version: string): Promise<Sink> {
  const { createOtlpSink } = await import("./otlp.ts");
  return createOtlpSink(url, version);
}
