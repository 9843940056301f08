export * as gateV1 from "./generated/proto/tributary/gate/v1/gate_pb.js";
export * as controlV1 from "./generated/proto/tributary/round/v1/control_pb.js";
export * as partyV1 from "./generated/proto/tributary/round/v1/party_pb.js";
export * as trainerV1 from "./generated/proto/tributary/trainer/v1/trainer_pb.js";
