// From descriptors to statements: one per rpc, taken from its options or from the foreign_rule that names it.
import type { DescFile, DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { canState } from "../options-file.ts";
import type { Options } from "./option.ts";
import { fileOptionPath, methodPath, type Place, placeOf } from "./place.ts";
import type { Entry, Statement, Wording } from "./statement.ts";
import { foreignWordings, methodWording, silent } from "./wording.ts";

const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;

/** What a run of the plugin gets to see. */
export interface Run {
  /** The files to generate: every rpc in them needs a rule. */
  readonly files: readonly DescFile[];
  /** Those and what they import: a foreign_rule may name any rpc in them. */
  readonly allFiles: readonly DescFile[];
  readonly options: Options;
  /** Folders that may hold the protos. */
  readonly roots: readonly string[];
}

/** All that is stated in a run. */
export interface Reading {
  readonly statements: readonly Statement[];
  readonly entries: readonly Entry[];
}

/** Reads every rule of a run, good or bad. */
export function read(run: Run): Reading {
  const entries = readEntries(run);
  const foreign = entries.flatMap(foreignStatement);
  const covered = new Set(foreign.map(({ rpc }) => rpc));
  const own = run.files
    .flatMap(methodsOf)
    .filter((method) => !covered.has(rpcName(method)))
    .map((method) => ownStatement(method, run));
  return { statements: [...own, ...foreign], entries };
}

function ownStatement(method: DescMethod, { options, roots }: Run): Statement {
  const file = method.parent.file;
  const able = canState(file);
  const wording = able ? methodWording(method, options) : silent;
  const place = placeOf(file, methodPath(method), roots);
  return { ...stated(method, wording), place, foreign: false, canState: able };
}

function stated(method: DescMethod, wording: Wording) {
  const read = wording.read || method.idempotency === NO_SIDE_EFFECTS;
  return { ...wording, method, rpc: rpcName(method), read };
}

function readEntries(run: Run): readonly Entry[] {
  const methods = new Map(run.allFiles.flatMap(methodsOf).map((m) => [rpcName(m), m]));
  const seen = new Map<string, Place>();
  return run.files
    .flatMap((file) => fileEntries(file, run))
    .map(({ rpc, place, wording }) => {
      const method = methods.get(rpc);
      const earlier = seen.get(rpc);
      if (!earlier) seen.set(rpc, place);
      const able = method !== undefined && canState(method.parent.file);
      return { rpc, place, wording, method, canState: able, earlier };
    });
}

function fileEntries(file: DescFile, { options, roots }: Run) {
  if (!canState(file)) return [];
  return foreignWordings(file, options).map(({ rpc, wording }, index) => ({
    rpc,
    wording,
    place: placeOf(file, fileOptionPath(options.foreignRule, index), roots),
  }));
}

/** The statement an entry makes; none if the entry itself is wrong. */
function foreignStatement({ method, place, wording, ...entry }: Entry): readonly Statement[] {
  if (!method || entry.canState || entry.earlier) return [];
  return [{ ...stated(method, wording), place, foreign: true, canState: false }];
}

function methodsOf(file: DescFile): readonly DescMethod[] {
  return file.services.flatMap(({ methods }) => methods);
}

function rpcName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}
