import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";
import type { MethodDefinition } from "@grpc/grpc-js";

/** A service as protoc-gen-es makes it. */
export type ServiceType = GenService<GenServiceMethods>;
/** Methods of a service by local name. */
export type MethodsOf<S> = S extends GenService<infer M> ? M : never;
/** What a caller may hand in for a message. */
export type Init<M extends DescMessage> = MessageInitShape<M>;
/** A received message. */
export type Received<M extends DescMessage> = MessageShape<M>;

/** A method as grpc-js wants it: path, kind and conversions between messages and bytes. */
export type GrpcMethod = MethodDefinition<MessageInitShape<DescMessage>, MessageShape<DescMessage>>;

/** Methods of a service for grpc-js, by local name; unary and server-streaming ones. */
export function grpcMethodsOf(service: DescService): Record<string, GrpcMethod> {
  return Object.fromEntries(service.methods.map((method) => [method.localName, grpcMethodOf(method)]));
}

function grpcMethodOf(method: DescMethod): GrpcMethod {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: false,
    responseStream: method.methodKind === "server_streaming",
    requestSerialize: (value) => bytesOf(method.input, value),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes) as never,
    responseSerialize: (value) => bytesOf(method.output, value),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

function bytesOf(schema: DescMessage, value: MessageInitShape<DescMessage>): Buffer {
  const bytes = toBinary(schema, create(schema, value));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
