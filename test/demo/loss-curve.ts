const width = 50;

/** The losses as bars of text, one line a round. */
export function drawLossCurve(losses: readonly number[]): string {
  const low = Math.min(...losses);
  const span = Math.max(...losses) - low || 1;
  const bar = (loss: number): string => "#".repeat(1 + Math.round(((loss - low) / span) * (width - 1)));
  return losses.map((loss, round) => `round ${String(round).padStart(2)}  ${loss.toFixed(4)}  ${bar(loss)}`).join("\n");
}
