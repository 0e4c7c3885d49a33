// MachineService.ListIssues: what is wrong with machines, or all that can be.
import { create } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type MachineIssue,
  type MachineIssues,
  MachineIssuesSchema,
  MachineIssueSchema,
  MachineIssueSeverity,
  type MachineService,
  type MachineServiceListIssuesRequest,
} from "../../../gen/metal/v1/machine_pb.ts";
import { every } from "../../domain/every.ts";
import type { IssueType, Severity } from "../../domain/issue-type.ts";
import { type Issue, selectIssueTypes } from "../../domain/issues.ts";
import { createIssueJudge } from "../../domain/machine-issues.ts";
import { type Found, pageOf } from "../../domain/page.ts";
import type { MachineDeps } from "./deps.ts";
import { machineFilter } from "./filter.ts";

const numbers: Readonly<Record<Severity, MachineIssueSeverity>> = {
  minor: MachineIssueSeverity.MINOR,
  major: MachineIssueSeverity.MAJOR,
  critical: MachineIssueSeverity.CRITICAL,
};
const words = new Map(Object.entries(numbers).map(([word, number]) => [number, word as Severity]));

export function issueMethods(
  deps: MachineDeps,
): Pick<ServiceImpl<typeof MachineService>, "listIssues"> {
  return {
    async listIssues(request) {
      const types = typesOf(request);
      if (request.catalogue) return { machines: [catalogue(types)] };
      const { items, nextPageToken } = await pageOf(request, {
        filter: { ...request, pageSize: 0, pageToken: "" },
        key: ({ machineId }: MachineIssues) => machineId,
        fetch: (after, limit) => take(deps, request, { types, after, limit }),
      });
      return { machines: items, nextPageToken };
    },
  };
}

function typesOf({ only, omit, severity }: MachineServiceListIssuesRequest): readonly IssueType[] {
  const word = words.get(severity);
  return selectIssueTypes({ only, omit, ...(word && { severity: word }) });
}

interface Page {
  readonly types: readonly IssueType[];
  readonly after: string;
  readonly limit: number;
}

/** For a page no more machines are looked at: where most are well, it has few entries, or none, and is not the last. */
const lookedAtOnce = 1_000;

/** The first machines after one that have issues. */
async function take(
  { read, now }: MachineDeps,
  request: MachineServiceListIssuesRequest,
  { types, after, limit }: Page,
): Promise<Found<MachineIssues>> {
  const { lastErrorThreshold: threshold } = request;
  const times = {
    nowMs: now(),
    ...(threshold && { lastErrorThresholdMs: durationMs(threshold) }),
  };
  const judge = createIssueJudge(read, times, types);
  const items: MachineIssues[] = [];
  const where = machineFilter(request);
  let looked = 0;
  for await (const machine of every(read.machine, "machine", { where, after })) {
    const issues = await judge(machine, await read.machineHistory.get(machine.id));
    if (issues.length > 0) items.push(row(machine.id, issues));
    looked += 1;
    if (items.length === limit) break;
    if (looked === lookedAtOnce) return { items, goOnAfter: machine.id };
  }
  return { items };
}

function catalogue(types: readonly IssueType[]): MachineIssues {
  return row(
    "",
    types.map((type) => ({ type, details: "" })),
  );
}

function row(machineId: string, issues: readonly Issue[]): MachineIssues {
  return create(MachineIssuesSchema, { machineId, issues: issues.map(issueMessage) });
}

function issueMessage({ type, details }: Issue): MachineIssue {
  const { id, severity, description, reference, advice } = type;
  return create(MachineIssueSchema, {
    id,
    severity: numbers[severity],
    description,
    details,
    refUrl: reference,
    remedy: advice,
  });
}
