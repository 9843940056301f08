/** An object of an API server's JSON, of which a few fields are known. */
export type Fields = Readonly<Record<string, unknown>>;

/** A container, of which whoever reads it knows a few fields; all others are there too. */
export interface ContainerShape {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly NamedFields[];
  readonly volumeMounts?: readonly NamedFields[];
  readonly volumeDevices?: readonly NamedFields[];
  readonly resources?: ResourcesShape;
  readonly [field: string]: unknown;
}

/** An entry of a list in which names tell entries apart. */
export interface NamedFields {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** What a container asks for. */
export interface ResourcesShape {
  readonly limits?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The spec of a pod, whole. */
export interface PodSpecShape {
  readonly initContainers?: readonly ContainerShape[];
  readonly containers?: readonly ContainerShape[];
  readonly volumes?: readonly NamedFields[];
  readonly tolerations?: readonly Fields[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

type Texts = Readonly<Record<string, string>>;

/** What the API server says of a container that runs, ran or is about to. */
export interface ContainerStatusShape {
  readonly name: string;
  readonly imageID?: string;
}

/** A pod as enrolment reads it. */
export interface PodView {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Texts;
    readonly annotations?: Texts;
    readonly deletionTimestamp?: string;
  };
  readonly spec: PodSpecShape;
  readonly status?: {
    readonly phase?: string;
    readonly initContainerStatuses?: readonly ContainerStatusShape[];
    readonly containerStatuses?: readonly ContainerStatusShape[];
  };
}

/** A runtime as the member's admin wrote it. */
export interface PodTemplateView {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Texts;
    readonly annotations?: Texts;
  };
  readonly template: {
    readonly metadata?: { readonly labels?: Texts; readonly annotations?: Texts };
    readonly spec: PodSpecShape;
  };
}
