// The page of one proto: its services with the rule of each RPC, then its messages and enums.
import type {
  DescEnum,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
} from "@bufbuild/protobuf";
import { getOption } from "@bufbuild/protobuf";
import { posix } from "node:path";
import { components } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { flagHelp } from "../../src/cli/flag-help.ts";
import { accessSentence, demandsReason, isRead } from "../../src/cli/rule.ts";
import { sentencesOf, sentencesOfFile } from "./comment.ts";
import { table } from "./markdown.ts";

const notice = "<!-- Written by `buf generate` from the comments and options in the protos. -->";

/** "metal/v1/ip.md" for proto/metal/v1/ip.proto. */
export const protoPath = (file: DescFile): string => `${file.name}.md`;

/** The page as Markdown. */
export function protoPage(file: DescFile): string {
  const { services, messages, enums } = file;
  const asked = new Set(services.flatMap(({ methods }) => methods.flatMap(endsOf)));
  const parts = messages.filter((message) => !asked.has(message));
  return [
    notice,
    `# ${titleOf(file)}`,
    `${sentencesOfFile(file)} Written in [${file.name}.proto](${protoOf(file)}).`.trim(),
    ...services.map(serviceText),
    ...(parts.length + enums.length > 0 && services.length > 0 ? ["## Messages"] : []),
    ...parts.map((message) => messageText(message)),
    ...enums.map(enumText),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** From the folder of a page, which lies in gen/reference, to the proto, which lies in proto. */
const protoOf = (file: DescFile) =>
  posix.relative(posix.dirname(`gen/reference/${protoPath(file)}`), `proto/${file.name}.proto`);

/** The page that leads to all others. */
export function indexPage(files: readonly DescFile[]): string {
  const rows = files.map((file) => {
    const rpcs = file.services.flatMap(({ methods }) => methods.map(({ name }) => name));
    return [`[${titleOf(file)}](${protoPath(file)})`, rpcs.join(", ") || "–"];
  });
  return [notice, "# Reference of RPCs", table(["Page", "RPCs"], rows)].join("\n\n");
}

const titleOf = ({ services, proto, name }: DescFile) =>
  services[0]?.typeName ?? `${proto.package}: ${posix.basename(name)}`;

const endsOf = ({ input, output }: DescMethod): DescMessage[] => [input, output];

function serviceText(service: DescService): string {
  return [sentencesOf(service), "## RPCs", ...service.methods.map(methodText)].join("\n\n");
}

function methodText(method: DescMethod): string {
  const { input, output } = method;
  return [
    `### rpc ${method.name}`,
    sentencesOf(method),
    ruleText(method),
    ...fieldsText("Request", input),
    ...fieldsText("Answer", output),
  ].join("\n\n");
}

const streams: Readonly<Record<DescMethod["methodKind"], string>> = {
  unary: "",
  server_streaming: " The answer is a stream.",
  client_streaming: " The request is a stream.",
  bidi_streaming: " Request and answer are streams.",
};

function ruleText(method: DescMethod): string {
  const only = getOption(method, components);
  const limited = only.length > 0 ? ` Only identities of ${only.join(", ")}.` : "";
  const reason = demandsReason(method) ? " Wants a reason." : "";
  const get = isRead(method) && method.methodKind === "unary" ? " Also by GET." : "";
  return `\`${method.parent.typeName}/${method.name}\` **${accessSentence(method)}**${limited}${reason}${streams[method.methodKind]}${get}`;
}

function fieldsText(title: string, message: DescMessage): string[] {
  if (message.fields.length === 0) return [];
  return [table([title, "Type", "Meaning"], message.fields.map(fieldRow))];
}

function messageText(message: DescMessage): string {
  return [`### ${message.name}`, sentencesOf(message), ...fieldsText("Field", message)].join(
    "\n\n",
  );
}

function enumText(desc: DescEnum): string {
  const rows = desc.values.map((value) => [
    `\`${value.name}\``,
    String(value.number),
    sentencesOf(value),
  ]);
  return [`### ${desc.name}`, sentencesOf(desc), table(["Value", "Number", "Meaning"], rows)].join(
    "\n\n",
  );
}

const fieldRow = (field: DescField) => [`\`${field.name}\``, typeText(field), sentencesOf(field)];

/** Scalars with their range; a list as "list of"; what has a page, as a link. */
function typeText(field: DescField): string {
  if (field.fieldKind === "map") return "map of texts";
  const part = field.message ?? field.enum;
  const many = field.fieldKind === "list" ? "list of " : "";
  if (!part)
    return `${many}${flagHelp(field).replace(", comma separated or repeated", "") || "boolean"}`;
  const { typeName, name, file } = part;
  if (typeName.startsWith("google.")) return `${many}\`${typeName}\``;
  if (typeName.startsWith("metal.rbac.")) return `${many}\`${name}\``;
  const page = file === field.parent.file ? "" : linkTo(field.parent.file, file);
  return `${many}[${name}](${page}#${name.toLowerCase()})`;
}

const linkTo = (from: DescFile, to: DescFile) =>
  posix.relative(posix.dirname(protoPath(from)), protoPath(to));
