import { IntermixError } from '@intermix/kernel';

/** What may be wrong with an order to the switch. */
export type CallProblem =
  /** No such call is up. */
  | 'unknown-call'
  /** The user has a call up, or is being rung, on a device that is on. */
  | 'device-busy'
  /** No device of the user is on and can be reached. */
  | 'device-off'
  /** What is to be called is no telephone number. */
  | 'bad-number'
  /** The user's virtual number is none of the account's, or the account has none. */
  | 'no-virtual-number'
  /** The dialling rule forbids the number, or no carrier is there to dial it. */
  | 'not-allowed'
  /** The carrier's limit of calls at once, or of calls a second, is reached. */
  | 'carrier-channels'
  | 'carrier-rate'
  /** The carrier's address cannot be used. */
  | 'carrier-failed'
  /** The switch is stopping, is full, or has no media. */
  | 'unavailable'
  /** The record of the call could not be made. */
  | 'store-failed'
  /** To a program: its call has ended. */
  | 'call-over'
  /** To a program: it rings other parties already. */
  | 'already-connecting';

/** The switch cannot do what it was told to. How calls themselves fail is told by their termination, never thrown. */
export class CallError extends IntermixError {
  readonly code = 'ERR_CALL';

  constructor(
    readonly problem: CallProblem,
    message: string,
  ) {
    super(message);
  }

  static unknownCall(callSid: string): CallError {
    return new CallError('unknown-call', `no call ${callSid} is up; it may have ended already`);
  }

  static deviceBusy(userId: string): CallError {
    return new CallError('device-busy', `user ${userId} has a call up; try again when it is over`);
  }

  static deviceOff(userId: string): CallError {
    return new CallError(
      'device-off',
      `no device of user ${userId} can be rung: register a SIP device, or switch the telephone on and give its number`,
    );
  }

  static badNumber(): CallError {
    return new CallError('bad-number', 'what is to be called is no telephone number; write it as +<country><number>');
  }

  static noVirtualNumber(number: string | undefined): CallError {
    const why = number === undefined ? 'the account has no number to show' : `${number} is no number of the account`;
    return new CallError(
      'no-virtual-number',
      `${why}; a carrier's number with direction "outbound" or "both" is needed`,
    );
  }

  static unavailable(): CallError {
    return new CallError('unavailable', 'no call can be placed now; try again in some seconds');
  }

  static callOver(callSid: string): CallError {
    return new CallError('call-over', `call ${callSid} has ended`);
  }

  static alreadyConnecting(callSid: string): CallError {
    return new CallError('already-connecting', `call ${callSid} rings other parties already, or is joined to one`);
  }

  static notRecorded(): CallError {
    return new CallError('store-failed', 'the call was not placed, for its record could not be made');
  }
}
