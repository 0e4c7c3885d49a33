// The filters that lists, streams and issues of machines share, as terms of the store.
import type {
  MachineServiceListBMCRequest,
  MachineServiceListRequest,
} from "../../../gen/metal/v1/machine_pb.ts";
import type { Filter } from "../../store/store.ts";
import { term } from "../list.ts";

/** The fields that filter machines. */
type Fields = Omit<MachineServiceListRequest, "$typeName" | "$unknown" | "pageSize" | "pageToken">;

const choice = (value: boolean | undefined): string => (value === undefined ? "" : `${value}`);

/** Which machines a request asks for. */
export function machineFilter(fields: Fields): Filter<"machine"> {
  return {
    id: fields.id.toLowerCase(),
    name: fields.name,
    partition: fields.partitionId,
    size: fields.sizeId,
    rack: fields.rackId,
    tag: fields.tags,
    project: fields.projectId,
    role: term(fields.role),
    state: term(fields.state),
    allocated: choice(fields.allocated),
    waiting: choice(fields.waiting),
    hostname: fields.hostname,
    image: fields.imageId,
    filesystemLayout: fields.filesystemLayoutId,
    allocation: fields.allocationUuid,
    network: fields.networkIds,
    address: fields.networkIps,
    asn: term(fields.networkAsn),
    vrf: term(fields.networkVrf),
    mac: fields.nicMacs,
  };
}

/** Which BMCs a request asks for, as far as they are found by what is known of them. */
export function bmcFilter(request: MachineServiceListBMCRequest): Filter<"machineBmc"> {
  return {
    id: request.id.toLowerCase(),
    partition: request.partitionId,
    address: request.address,
    mac: request.mac,
    boardMfg: request.boardMfg,
    boardPartNumber: request.boardPartNumber,
    productManufacturer: request.productManufacturer,
    productPartNumber: request.productPartNumber,
    productSerial: request.productSerial,
    chassisPartNumber: request.chassisPartNumber,
    chassisPartSerial: request.chassisPartSerial,
  };
}
