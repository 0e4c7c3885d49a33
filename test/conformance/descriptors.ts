// The protos of the conformance suite as descriptors. They are read where the suite lies, and are no part of this project.
import { readFileSync } from "node:fs";
import { createFileRegistry, type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Every type of the suite. `path`: a file descriptor set as `buf build --as-file-descriptor-set` writes it. */
export function readTypes(path: string) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
  const name = (short: string) => `connectrpc.conformance.v1.${short}`;
  const service = registry.getService(name("ConformanceService"));
  if (service === undefined) throw new Error(`no conformance service in "${path}"`);
  const message = (short: string): DescMessage => {
    const found = registry.getMessage(name(short));
    if (found === undefined) throw new Error(`no message ${short} in "${path}"`);
    return found;
  };
  return { registry, service, message };
}

export type Types = ReturnType<typeof readTypes>;

/** Headers as the suite writes them. */
export interface WireHeader {
  readonly name: string;
  readonly value: readonly string[];
}

/** An error as the suite writes it. */
export interface WireError {
  readonly code: number;
  readonly message?: string;
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
}

/** How a call is to be answered. */
export interface UnaryDefinition {
  readonly responseHeaders: readonly WireHeader[];
  readonly responseTrailers: readonly WireHeader[];
  readonly responseDelayMs: number;
  readonly response:
    | { readonly case: "responseData"; readonly value: Uint8Array }
    | { readonly case: "error"; readonly value: WireError }
    | { readonly case: undefined };
}

/** How a stream is to be answered. */
export interface StreamDefinition {
  readonly responseHeaders: readonly WireHeader[];
  readonly responseTrailers: readonly WireHeader[];
  readonly responseDelayMs: number;
  readonly responseData: readonly Uint8Array[];
  readonly error?: WireError;
}

/** What the runner wants to be started: a message of the suite. */
export interface Wish {
  readonly useTls: boolean;
  readonly clientTlsCert: Uint8Array;
  readonly messageReceiveLimit: number;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
}
