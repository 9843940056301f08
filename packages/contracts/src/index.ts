export * as gateV1 from "./generated/proto/tributary/gate/v1/gate_pb.ts";
export * as controlV1 from "./generated/proto/tributary/round/v1/control_pb.ts";
export * as partyV1 from "./generated/proto/tributary/round/v1/party_pb.ts";
export * as trainerV1 from "./generated/proto/tributary/trainer/v1/trainer_pb.ts";
