// What a kind of issue is: how bad it is, how to tell it, and what to do about it.
import type { IssueMachine, IssueWorld } from "./issue-world.ts";
import type { EventContainer } from "./provisioning-event.ts";

/** How bad an issue is, in ascending order. */
export const severities = ["minor", "major", "critical"] as const;
export type Severity = (typeof severities)[number];

/** A machine and what is known of its events. */
export interface IssueCase {
  readonly machine: IssueMachine;
  readonly container: EventContainer;
  readonly world: IssueWorld;
}

/** A kind of issue. */
export interface IssueType {
  readonly id: string;
  readonly severity: Severity;
  readonly description: string;
  /** Where more is said of it. */
  readonly reference: string;
  /** What to do next. */
  readonly advice: string;
  /** Undefined if a machine does not have the issue, else what else there is to say; often nothing. */
  readonly evaluate: (facts: IssueCase) => string | undefined;
}
