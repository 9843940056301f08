/**
 * Scales a gradient in place so that its Euclidean norm is at most `maxNorm` (Pascanu et al. 2013, algorithm 1).
 * @returns the norm before, which is not finite when any component is not
 */
export function clipGradient(gradient: Float32Array, maxNorm: number): number {
  let squares = 0;
  for (const value of gradient) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm > maxNorm) {
    const scale = maxNorm / norm;
    for (let index = 0; index < gradient.length; index++) gradient[index]! *= scale;
  }
  return norm;
}
