/** The app on whose behalf something is done. Every query carries all of it that its table has. */
export interface AppScope {
  accountSid: string;
  customerId: string;
  appId: string;
}
