/** Variable that holds the path of the configuration. */
export const SIMULATED_CONFIG_VARIABLE = "TRIBUTARY_TEST_SIMULATED_CONFIG";

/** What a process of simulated parties is given. */
export interface SimulatedConfig {
  readonly jobUid: string;
  readonly controlAddress: string;
  readonly tensorAddress: string;
  readonly serverName: string;
  readonly caPem: string;
  readonly identities: readonly { readonly certificatePem: string; readonly keyPem: string }[];
}
