// What is wrong with machines, as far as one asks.
import { invalid } from "./errors.ts";
import { issueTypes } from "./issue-table.ts";
import { type IssueType, type Severity, severities } from "./issue-type.ts";
import type { IssueMachine, IssueWorld } from "./issue-world.ts";
import { noEvents } from "./provisioning-event.ts";

/** The only issue of a machine of which there are no events: nothing else can be told. */
const unheard = "no-event-container";

/** Which kinds of issues to look for. What is not given does not restrict. */
export interface IssueFilter {
  /** Only these. */
  readonly only?: readonly string[];
  /** Not these, even if they are in `only`. */
  readonly omit?: readonly string[];
  /** Those that are at least so bad. */
  readonly severity?: Severity;
}

/** The kinds of issues that a filter leaves. Throws invalid_argument if it names one that there is not. */
export function selectIssueTypes({
  only = [],
  omit = [],
  severity = "minor",
}: IssueFilter): readonly IssueType[] {
  for (const [field, ids] of Object.entries({ only, omit }))
    for (const [index, id] of ids.entries())
      if (!issueTypes.some((type) => type.id === id))
        throw invalid(
          `${field}[${index}]: no issue "${id}", there are ${issueTypes.map((type) => type.id).join(", ")}`,
        );
  const least = severities.indexOf(severity);
  return issueTypes
    .filter(({ id }) => only.length === 0 || only.includes(id))
    .filter(({ id }) => !omit.includes(id))
    .filter((type) => severities.indexOf(type.severity) >= least);
}

/** Something that is wrong with a machine. */
export interface Issue {
  readonly type: IssueType;
  /** What else there is to say; empty if nothing. */
  readonly details: string;
}

/** What is wrong with a machine, of the given kinds and in their order. */
export function issuesOf(
  machine: IssueMachine,
  world: IssueWorld,
  types: readonly IssueType[] = issueTypes,
): Issue[] {
  const { container = noEvents } = machine;
  const telling = types.filter(({ id }) => machine.container !== undefined || id === unheard);
  return telling.flatMap((type) => {
    const details = type.evaluate({ machine, container, world });
    return details === undefined ? [] : [{ type, details }];
  });
}
