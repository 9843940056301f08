import { TributaryError } from "@tributary/kit";

/**
 * Gives a loss back when it is a finite number.
 * @throws TributaryError (`TRAINER_LOSS_NOT_FINITE`) that names round and step
 */
export function finiteLoss(loss: number, where: { readonly round: number; readonly step: number }): number {
  if (Number.isFinite(loss)) return loss;
  const { round, step } = where;
  throw new TributaryError(
    "TRAINER_LOSS_NOT_FINITE",
    `the loss of round ${round}, local step ${step} is ${loss}; lower the learning rate or look at the data`,
    { details: { round, step } },
  );
}
