/** Finds whom `sip:name` names: by a SIP user name or a user id of the call's app, or a trunk. */
export interface UserFinder {
  findBySipName(
    accountSid: string,
    name: string,
    appId: string | undefined,
  ): Promise<{ appId: string; userId: string } | undefined>;
  /** Whether a carrier of this id is the account's: the trunk that `sip:<trunk_sid>` names. */
  hasTrunk(accountSid: string, carrierId: string): Promise<boolean>;
}
