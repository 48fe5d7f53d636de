/** What was let pass, by Redis's clock. */
export interface Admission {
  readonly atUs: number;
  readonly units: number;
}

/** The most units in any interval of this length, both of its ends included. @param admissions oldest first */
export function mostWithin(lengthUs: number, admissions: readonly Admission[]): number {
  let [most, held, first] = [0, 0, 0];
  for (const { atUs, units } of admissions) {
    held += units;
    for (let oldest = admissions[first]; oldest !== undefined && atUs - oldest.atUs > lengthUs; ) {
      held -= oldest.units;
      first += 1;
      oldest = admissions[first];
    }
    most = Math.max(most, held);
  }
  return most;
}

/** Units of the interval of this length that ends at `atUs`, without its beginning. */
export function unitsBefore(atUs: number, lengthUs: number, admissions: readonly Admission[]): number {
  return admissions
    .filter((admission) => admission.atUs <= atUs && admission.atUs > atUs - lengthUs)
    .reduce((sum, { units }) => sum + units, 0);
}
