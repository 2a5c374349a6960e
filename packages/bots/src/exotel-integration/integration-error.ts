import { IntermixError } from '@intermix/kernel';

/** The record does not allow what was asked for; what is there stays as it is. */
export class IntegrationError extends IntermixError {
  readonly code = 'ERR_EXOTEL_INTEGRATION';

  private constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }

  static numberTaken(number: string): IntegrationError {
    return new IntegrationError('number', `${number} is among the numbers already: change that one.`);
  }

  static tooManyNumbers(most: number): IntegrationError {
    return new IntegrationError('number', `There may be ${most} numbers: remove one first.`);
  }
}
