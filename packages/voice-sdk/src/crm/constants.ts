// Exotel's addresses, under the names that its CRM SDK exports.

/** Hex of the key of `SipSecret`. Published in Exotel's package: obfuscation, not secrecy. */
export const publicKey = '6368616e676520746869732070617373776f726420746f206120736563726574';
export const icoreBaseURL = 'https://integrationscore.mum1.exotel.com';
/** Host and port of the WebSocket. */
export const voipDomain = 'voip.in1.exotel.com:443';
/** What follows the account's sid and a dot in SIP addresses. */
export const voipDomainSIP = 'voip.exotel.com';
