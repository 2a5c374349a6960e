import { IntermixError } from '@intermix/kernel';

/** No server of the fleet can take a call now. */
export class FleetError extends IntermixError {
  readonly code = 'ERR_UNAVAILABLE';

  static noneHealthy(): FleetError {
    return new FleetError('No healthy fleet server available');
  }
}
