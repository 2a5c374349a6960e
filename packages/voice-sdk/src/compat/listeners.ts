import type { ExotelCall } from './exotel-call.js';
import type { PageCallbacks } from './page-callbacks.js';

/** Hears of the registration: the object behind `RegisterEventCallBack`, which a page may replace by `setEventListener`. */
export interface ExotelEventListener {
  onInitializationSuccess(phone: string): void;
  onInitializationFailure(phone: string): void;
  onInitializationWaiting(phone: string): void;
}

/** Hears of calls: the object behind `CallListenerCallback`, the public field `callListener`. */
export interface ExotelCallListener {
  onIncomingCall(call: ExotelCall, phone: string | undefined): void;
  onCallEstablished(call: ExotelCall, phone: string | undefined): void;
  onCallEnded(call: ExotelCall, phone: string | undefined): void;
}

/** `failed` names the event of a registration that is not there. */
export function eventListenerOver(callbacks: PageCallbacks, failed: () => string): ExotelEventListener {
  return {
    onInitializationSuccess: (phone) => callbacks.register('registered', phone),
    onInitializationFailure: (phone) => callbacks.register(failed(), phone),
    onInitializationWaiting: (phone) => callbacks.register('sent_request', phone),
  };
}

/** `ended` names the event of a call that is over. */
export function callListenerOver(callbacks: PageCallbacks, ended: () => string): ExotelCallListener {
  return {
    onIncomingCall: (call, phone) => callbacks.call(call, 'incoming', phone),
    onCallEstablished: (call, phone) => callbacks.call(call, 'connected', phone),
    onCallEnded: (call, phone) => callbacks.call(call, ended(), phone),
  };
}
