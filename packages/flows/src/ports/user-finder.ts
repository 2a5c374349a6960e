/** Finds the user that `sip:name` names: a SIP user name, or a user id of the call's app. */
export interface UserFinder {
  findBySipName(
    accountSid: string,
    name: string,
    appId: string | undefined,
  ): Promise<{ appId: string; userId: string } | undefined>;
}
