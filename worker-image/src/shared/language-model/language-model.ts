/** Token ids of `count` sequences of `length` tokens, one after another. */
export type TokenBatch = {
  readonly ids: Int32Array;
  readonly count: number;
  readonly length: number;
};

/** A sum of losses over predictions, in nats, and how many there were. */
export type LossSum = {
  readonly lossSum: number;
  readonly predictions: number;
};

/**
 * A language model with a frozen base and a flat vector of trained parameters. Every call is a function of the parameters
 * given; nothing is kept between calls but the base. In each sequence, token t predicts token t + 1.
 */
export interface LanguageModel extends Disposable {
  /** Number of trained parameters. */
  readonly parameterCount: number;
  /** Loss of each prediction, sequence by sequence: count x (length - 1) values in nats. */
  losses(parameters: Float32Array, batch: TokenBatch): Float32Array;
  /** Sum of losses and the gradient of the mean loss by each parameter. */
  lossAndGradient(parameters: Float32Array, batch: TokenBatch): LossSum & { readonly gradient: Float32Array };
  /** Logits of the token that would follow each sequence: count x vocabulary values. */
  nextTokenLogits(parameters: Float32Array, batch: TokenBatch): Float32Array;
}
