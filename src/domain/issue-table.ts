// The kinds of issues that machines can have.
import { durationText } from "./duration.ts";
import type { IssueType } from "./issue-type.ts";
import { firewallAsns, type IssueMachine, type IssueWorld } from "./issue-world.ts";
import type { EventContainer, EventType } from "./provisioning-event.ts";

/** A BMC is reported every five minutes; after so long its state is not known. */
const bmcOutdatedMs = 20 * 60 * 1000;

const plain = (applies: boolean): string | undefined => (applies ? "" : undefined);

const table: readonly Omit<IssueType, "reference">[] = [
  {
    id: "no-partition",
    severity: "major",
    description: "nobody knows in which partition the machine is",
    advice: "check that it boots by PXE in its partition and that metal-bmc there sees its BMC",
    evaluate: ({ machine }) => plain(machine.partitionId === ""),
  },
  {
    id: "liveliness-dead",
    severity: "major",
    description: "nothing is heard of the machine any more, and nobody uses it",
    advice: "look at its console; power it on, or reset it so that it boots by PXE",
    evaluate: ({ container }) => plain(container.liveliness === "Dead"),
  },
  {
    id: "liveliness-unknown",
    severity: "major",
    description: "nothing is heard of the machine any more, though somebody uses it",
    advice: "ask its user whether it runs with LLDP switched off; otherwise look at its console",
    evaluate: ({ container }) => plain(container.liveliness === "Unknown"),
  },
  {
    id: "liveliness-not-available",
    severity: "minor",
    description: "whether the machine is alive has not been concluded yet",
    advice: "wait a minute; if it stays, check that the server's periodic jobs run",
    evaluate: ({ container }) => plain(container.liveliness === undefined),
  },
  {
    id: "failed-machine-reclaim",
    severity: "critical",
    description: "the machine was given back and still runs the system of its last user",
    advice:
      "boot it by PXE at once: set the boot order and reset it, by hand if its BMC does not answer",
    evaluate: ({ machine, container }) =>
      plain(
        container.failedReclaim ||
          (machine.allocation === undefined && newest(container) === "Phoned Home"),
      ),
  },
  {
    id: "crashloop",
    severity: "major",
    description: "the machine begins anew again and again without getting ready",
    advice: "look at its last error event and its console; a planned reboot clears the mark",
    evaluate: ({ container }) => plain(container.crashLoop && newest(container) !== "Waiting"),
  },
  {
    id: "last-event-error",
    severity: "minor",
    description: "something went wrong not long ago on the machine's way to a running system",
    advice: "look at its last error event; if it got where it should since then, ignore this",
    evaluate: ({ container: { lastErrorEvent }, world }) => {
      if (lastErrorEvent === undefined) return undefined;
      const age = world.nowMs - lastErrorEvent.time;
      return age < world.lastErrorThresholdMs ? `${durationText(age)} ago` : undefined;
    },
  },
  {
    id: "bmc-without-mac",
    severity: "major",
    description: "the MAC address of the machine's BMC is not known",
    advice: "let it boot by PXE, so that it registers with its BMC",
    evaluate: ({ machine }) => plain(machine.bmc.mac === ""),
  },
  {
    id: "bmc-without-ip",
    severity: "major",
    description: "the IP address of the machine's BMC is not known, so it cannot be switched",
    advice: "check the cable of its BMC and the leases of the management network",
    evaluate: ({ machine }) => plain(machine.bmc.address === ""),
  },
  {
    id: "bmc-info-outdated",
    severity: "major",
    description: "the machine's BMC is not reported any more",
    advice: "check that metal-bmc runs in its partition and reaches the BMC",
    evaluate: ({ machine: { bmc }, world }) => {
      if (bmc.lastUpdated === undefined) return "never reported";
      const age = world.nowMs - bmc.lastUpdated;
      return age > bmcOutdatedMs ? `last reported ${durationText(age)} ago` : undefined;
    },
  },
  {
    id: "asn-not-unique",
    severity: "minor",
    description: "the firewall shares an ASN with others, so that they ignore each other's routes",
    advice: "replace all but one of the firewalls that are named",
    evaluate: ({ machine, world }) => sharedAsns(machine, world),
  },
  {
    id: "bmc-no-distinct-ip",
    severity: "major",
    description:
      "the machine's BMC has the address of another one, so the wrong machine may be switched",
    advice: "find out which of the machines has the address; delete the others if they are gone",
    evaluate: ({ machine, world }) => {
      const { address } = machine.bmc;
      return sharedWith(machine, address, world.byBmcAddress.get(address));
    },
  },
  {
    id: "no-event-container",
    severity: "major",
    description: "nothing was ever heard of the machine",
    advice: "let it boot by PXE; if it never was in service, wait for that",
    evaluate: ({ machine }) => plain(machine.container === undefined),
  },
];

/** All kinds of issues, in the order in which they are told. */
export const issueTypes: readonly IssueType[] = table.map((type) => ({
  ...type,
  reference: `https://metal-stack.io/docs/troubleshooting/#${type.id}`,
}));

function newest({ events }: EventContainer): EventType | undefined {
  return events[0]?.event;
}

function sharedAsns(machine: IssueMachine, { firewallsByAsn }: IssueWorld): string | undefined {
  const lines = firewallAsns(machine)
    .map((asn) => sharedWith(machine, `ASN ${asn}`, firewallsByAsn.get(asn)))
    .filter((line) => line !== undefined);
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** Of those who share something no more are named, however many they are. */
const maxNamed = 10;

/** "ASN 4210000001 is also that of m2, m3"; undefined if nobody else has it. */
function sharedWith(
  { id }: IssueMachine,
  what: string,
  ids: readonly string[] = [],
): string | undefined {
  const others = ids.slice(0, maxNamed + 1).filter((other) => other !== id);
  if (others.length === 0) return undefined;
  const named = others.slice(0, maxNamed);
  const rest = ids.length - 1 - named.length;
  return `${what} is also that of ${[...named, ...(rest > 0 ? [`${rest} more`] : [])].join(", ")}`;
}
